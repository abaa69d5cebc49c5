import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Problem, ScenarioError } from '../../../../src/model/errors.ts'
import { loadDrill } from '../../../../src/run/load/index.ts'

const GOOD = `scenario: lost
title: The primary is lost
monitoring: { rules: [rules.yml] }
services:
  primary: { kind: postgres }
probes:
  orders: { kind: sql-write, service: primary, every: 20ms }
steady:
  - { kind: quiet }
faults:
  - { kind: kill, service: primary }
expect:
  - { kind: alert, alert: PostgresDown, within: 5m }
recover:
  - { kind: restart, service: primary }
objectives: { detect: 5m, rto: 1m, rpo: 0s }
`
const RULES = `groups:
  - name: a
    rules:
      - alert: PostgresDown
        expr: up == 0
        for: 1m
`

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genesis-drill-load-'))
  await mkdir(join(folder, '.git'))
  await writeFile(join(folder, 'rules.yml'), RULES)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function load(text: string) {
  await writeFile(join(folder, 'scenario.yaml'), text)
  return loadDrill([join(folder, 'scenario.yaml')], { formats: ['html'] })
}

async function problems(text: string): Promise<readonly Problem[]> {
  const thrown = await load(text).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof ScenarioError)) throw new Error(`expected a ScenarioError, got ${String(thrown)}`)
  return thrown.problems
}

test('a good scenario is loaded with every default filled in', async () => {
  const [scenario] = (await load(GOOD)).scenarios
  expect(scenario).toMatchObject({
    name: 'lost',
    timeScale: 'auto',
    monitoring: { scrapeInterval: 15, evaluationInterval: 15 },
    probes: [{ name: 'orders', kind: 'sql-write', everyMs: 20 }],
    faults: [{ name: 'kill primary', kind: 'kill', at: 0 }],
    expect: [{ kind: 'alert', timing: { when: 'within', until: 300 }, text: 'alert, alert: PostgresDown, within: 5m' }],
    recover: [{ name: 'restart primary', limit: 60 }],
    objectives: { detect: 300, rto: 60, rpo: 0 },
  })
})

const wrong: [name: string, change: [from: string | RegExp, to: string], line: number, message: RegExp][] = [
  ['an unknown key', ['title:', 'titel:'], 2, /unknown key "titel", did you mean "title"\?/],
  ['an unknown kind', ['kind: kill', 'kind: kil'], 11, /unknown fault kind "kil", did you mean "kill"\?/],
  ['a mapping without kind', ['kind: kill, ', ''], 11, /a fault without "kind:"/],
  [
    'an unknown key of a kind',
    ['kind: kill,', 'kind: kill, servise: x,'],
    11,
    /unknown key "servise", did you mean "service"\?/,
  ],
  [
    'a service that is not there',
    ['kind: kill, service: primary', 'kind: kill, service: primry'],
    11,
    /unknown service "primry", did you mean "primary"\?/,
  ],
  [
    'a missing ability',
    ['kind: kill, service: primary', 'kind: stale-backups, service: primary'],
    11,
    /has no ability "backups"/,
  ],
  ['a bad duration', ['within: 5m', 'within: 5 minutes'], 13, /expected a duration such as 30s/],
  ['two timings', ['within: 5m', 'within: 5m, never: true'], 13, /at most one of within, between, throughout, never/],
  [
    'a span that ends before it begins',
    ['within: 5m', 'between: [5m, 1m]'],
    13,
    /the first instant is after the second/,
  ],
  ['a rule file that is not there', ['rules.yml', 'rulez.yml'], 3, /rulez.yml does not exist/],
  ['a path out of the repository', ['rules.yml', '../../etc/passwd'], 3, /leaves the repository/],
  ['no fault', [/faults:\n.*\n/, 'faults: []\n'], 0, /no fault: a scenario without one proves nothing/],
  ['an objective that nothing measures', [/probes:\n.*\n/, ''], 0, /objectives.rto without a probe/],
  [
    'rpo without a ledger',
    ['kind: sql-write', 'kind: sql-read'],
    0,
    /objectives.rpo without a probe that counts lost writes/,
  ],
  [
    'detect without an alert',
    [/ {2}- { kind: alert.*\n/, '  - { kind: quiet }\n'],
    0,
    /objectives.detect without an expected alert/,
  ],
  ['a time scale below one', ['title:', 'timeScale: 0.5\ntitle:'], 2, /timeScale/],
  ['YAML that is none', ['title:', 'title: [:'], 0, /not readable as YAML/],
  ['a key twice', ['title:', 'title: x\ntitle:'], 3, /not readable as YAML: Map keys must be unique/],
]

for (const [name, [from, to], line, message] of wrong)
  test(`${name} is told with its place`, async () => {
    const changed = GOOD.replace(from, to)
    expect(changed).not.toBe(GOOD)
    const found = await problems(changed)
    const problem = found.find(one => message.test(one.message))
    expect(problem, JSON.stringify(found)).toBeDefined()
    if (line > 0) expect(problem?.line).toBe(line)
  })

test('all problems of a file are told at once', async () => {
  const found = await problems(
    GOOD.replace('kind: kill', 'kind: kil').replace('title:', 'titel:').replace('kind: restart', 'kind: restrat'),
  )
  expect(found.map(one => one.message).join('\n')).toMatch(/titel[\s\S]*kil[\s\S]*restrat/)
})

test('an alias bomb is refused', async () => {
  const bomb = [
    'a0: &a0 [x, x, x, x, x, x, x, x, x]',
    ...Array.from({ length: 8 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(', ')}]`),
  ]
  expect((await problems(`scenario: bomb\n${bomb.join('\n')}\n`))[0]?.message).toMatch(/refused: .*alias/i)
})

test('a link out of the repository is refused', async () => {
  await symlink('/etc/passwd', join(folder, 'linked.yml'))
  expect((await problems(GOOD.replace('rules.yml', 'linked.yml')))[0]?.message).toMatch(
    /is a link out of the repository/,
  )
})

test('services that need each other are refused', async () => {
  const text = GOOD.replace(
    'primary: { kind: postgres }',
    'primary: { kind: postgres, standbyOf: other }\n  other: { kind: postgres, standbyOf: primary }',
  )
  expect((await problems(text)).map(one => one.message).join('\n')).toMatch(/depend on each other/)
})

for (const name of ['prometheus', 'alertmanager', 'inbox', 'clients'])
  test(`a service cannot be called ${name}`, async () => {
    const found = await problems(GOOD.replaceAll('primary', name))
    expect(found).toMatchObject([
      { line: 5, message: expect.stringContaining(`the service name "${name}" is taken by`) },
    ])
  })

test('a drill names its scenarios by pattern; the monitoring files beside them are none', async () => {
  await writeFile(join(folder, 'a.yaml'), GOOD)
  await writeFile(join(folder, 'b.yaml'), GOOD.replace('scenario: lost', 'scenario: other'))
  await writeFile(join(folder, 'drill.yml'), 'drill: all\nscenarios: ["*.yaml", "./a.yaml"]\nreport: { lead: Ada }\n')
  const drill = await loadDrill([join(folder, 'drill.yml')], { formats: ['html'] })
  expect(drill.scenarios.map(one => one.name)).toEqual(['lost', 'other'])
  expect(drill.report).toEqual({ lead: 'Ada' })
})

test('a drill with an unknown report format and a pattern that matches nothing', async () => {
  await writeFile(join(folder, 'drill.yml'), 'drill: all\nscenarios: ["none/*.yaml"]\nreport: { formats: [htm] }\n')
  const thrown = await loadDrill([join(folder, 'drill.yml')], { formats: ['html'] }).catch((error: unknown) => error)
  expect(String(thrown)).toMatch(/unknown report format "htm"[\s\S]*no file matches none/)
})
