import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { initCommand } from '../../../src/app/init.ts'
import { check } from '../../../src/regression/check/index.ts'
import { generate } from '../../../src/regression/generate/index.ts'
import { mutate } from '../../../src/regression/mutate/index.ts'

const fixture = (path: string) => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'generate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const MINUTES = 60_000

it('shows every construct of PromQL firing, quiet and resolved, and check agrees with all of it', {
  timeout: 10 * MINUTES,
}, async () => {
  const out = join(folder, 'constructs')
  const { alerts } = await generate({ rules: [fixture('generate/constructs.yml')], out })
  expect(alerts.filter(({ fires, quiet, resolves }) => !(fires && quiet && resolves))).toEqual([])
  const { checked } = await check([join(out, 'alerts')], { cache: false })
  expect(checked.filter(({ verdict }) => verdict !== 'met')).toEqual([])
  const tests = parse(readFileSync(join(out, 'alerts/constructs/Arithmetic.yml'), 'utf8')).tests
  const said = tests.flatMap((test: { alert_rule_test: unknown[] }) => test.alert_rule_test)
  expect(said).toContainEqual({ eval_time: expect.any(String), alertname: 'Arithmetic', exp_alerts: [] })
  expect(said).toContainEqual(
    expect.objectContaining({
      exp_alerts: [
        {
          exp_labels: { instance: 'instance-1', job: 'job-1' },
          exp_annotations: { summary: expect.stringMatching(/^(8[6-9]|9[0-2])(\.\d+)? %$/) },
        },
      ],
    }),
  )
})

it('solves at least 95 % of five real rule files, and says of the others why not', {
  timeout: 20 * MINUTES,
}, async () => {
  const { alerts } = await generate({ rules: [fixture('rules/*.yml')], out: join(folder, 'real') })
  expect(alerts).toHaveLength(104)
  const shown = alerts.filter(({ fires, quiet, resolves }) => fires && quiet && resolves)
  expect(shown.length / alerts.length).toBeGreaterThanOrEqual(0.95)
  for (const { open } of alerts.filter(alert => !shown.includes(alert))) expect(open).not.toEqual([])
  expect(alerts.filter(({ scenario }) => scenario !== undefined).length).toBeGreaterThan(80)
})

it('tells alerts of one name apart, and shows what recording rules record so that changes are noticed', {
  timeout: 5 * MINUTES,
}, async () => {
  const rules = join(folder, 'slo.yml')
  writeFileSync(
    rules,
    `groups:
- name: slo.rules
  rules:
  - record: job:errors:rate5m
    expr: sum by (job) (rate(errors_total{code=~"5.."}[5m]))
  - record: job:latency:p99
    expr: histogram_quantile(0.99, sum by (job, le) (rate(latency_bucket[5m])))
  - { record: job:nothing, expr: 'x{a="1",a="2"}' }
- name: slo
  rules:
  - { alert: Errors, expr: 'job:errors:rate5m > 1', labels: { severity: warning } }
  - { alert: Errors, expr: 'job:errors:rate5m > 10', for: 5m, labels: { severity: critical } }
  - alert: Slow
    expr: sum(rate(latency_bucket{le="1"}[5m])) / sum(rate(latency_count[5m])) < 0.9
`,
  )
  const out = join(folder, 'slo')
  const { alerts, recordings } = await generate({ rules: [rules], out })
  expect(alerts.filter(({ fires, quiet, resolves }) => !(fires && quiet && resolves))).toEqual([])
  expect(recordings.map(({ record, tests, open }) => [record, tests !== undefined, open.join()])).toEqual([
    ['job:errors:rate5m', true, ''],
    ['job:latency:p99', true, ''],
    ['job:nothing', false, expect.stringContaining('no value of the label a')],
  ])
  const { checked } = await check([out], { cache: false })
  expect(checked.filter(({ verdict }) => verdict !== 'met')).toEqual([])
  const { mutants } = await mutate([out], { rules: [rules] })
  const unnoticed = mutants.filter(({ fate, subject }) => fate === 'survived' && subject !== 'job:nothing')
  expect(unnoticed.map(({ subject, meaning }) => `${subject} ${meaning}`)).toEqual([])
})

it('lists what it cannot solve with the reason', { timeout: 2 * MINUTES }, async () => {
  const rules = join(folder, 'hopeless.yml')
  writeFileSync(
    rules,
    `groups:
- name: hopeless
  rules:
  - { alert: Never, expr: x > 5 and x < 3 }
  - { alert: Always, expr: vector(1) }
  - { alert: Contradiction, expr: 'x{a="1",a="2"} > 0' }
`,
  )
  const { alerts } = await generate({ rules: [rules], out: join(folder, 'hopeless') })
  expect(alerts.map(({ alert, fires, open }) => [alert, fires, open.join()])).toEqual([
    ['Never', false, expect.stringContaining('no input was found for')],
    ['Always', true, expect.stringContaining('fires whatever the input is')],
    ['Contradiction', false, expect.stringContaining('no value of the label a')],
  ])
})

it('leaves a working set-up in a repository', { timeout: 5 * MINUTES }, async () => {
  const repository = join(folder, 'repository')
  cpSync(fixture('rules/redis.yml'), join(repository, 'ops/alerts.yaml'))
  cpSync(fixture('alertmanager/simple.yml'), join(repository, 'ops/mail.yml'))
  writeFileSync(
    join(repository, 'ops/web.yaml'),
    `kind: PrometheusRule
spec:
  groups:
  - name: web
    rules:
    - { alert: WebDown, expr: 'up{job="web"} == 0', for: 1m }
`,
  )
  let said = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    said += text
    return true
  })
  try {
    expect(await initCommand(repository, {})).toBe(0)
  } finally {
    write.mockRestore()
  }
  expect(said).toMatch(/13 alerts in .*: 13 fire, 13 stay quiet, 13 resolve/)
  expect(said).toMatch(/route tests in .*routes\.yml/)
  expect(said).toMatch(/(\d+) of \1 passed/)
  for (const path of ['genesis-drill/README.md', 'genesis-drill/rules/web.yml', '.github/workflows/genesis-drill.yml'])
    expect(existsSync(join(repository, path)), path).toBe(true)
})

it('refuses what is no rule file, with its place', { timeout: MINUTES }, async () => {
  const broken = join(folder, 'broken.yml')
  writeFileSync(broken, 'groups:\n- name: a\n  rules:\n  - { alert: A, expr: "sum(" }\n')
  await expect(generate({ rules: [broken], out: join(folder, 'broken') })).rejects.toThrow(/broken\.yml:4/)
  await expect(initCommand(join(folder, 'nowhere'), {})).rejects.toThrow('no such folder')
})
