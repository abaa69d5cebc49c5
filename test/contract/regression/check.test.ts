import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { check } from '../../../src/regression/check/index.ts'
import { exitCode, printReport } from '../../../src/regression/check/print.ts'

const FIXTURES = 'test/fixtures/promtool'
const own = readdirSync(join(FIXTURES, 'own')).filter(name => !name.endsWith('rules.yml'))
const files = [...own.map(name => join(FIXTURES, 'own', name)), join(FIXTURES, 'thanos/tests.yaml')]
const scratch = mkdtempSync(join(tmpdir(), 'check-test-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const plain = (file: string) => spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' })
const ask = (paths: readonly string[], share = true) => check(paths, { cache: false, share })

describe.each([true, false])('shared databases: %s', share => {
  test.each(files)('%s has the verdict of plain promtool', async file => {
    const { status } = plain(file)
    const { checked } = await ask([file], share)
    expect(checked.length).toBeGreaterThan(0)
    expect(checked.every(({ verdict }) => verdict === 'met')).toBe(status === 0)
  })

  test('every failing test of a file is told by name, line and words, and no other', async () => {
    const { checked } = await ask([join(FIXTURES, 'own/failing.yml')], share)
    const failed = checked.filter(({ verdict }) => verdict === 'unmet').map(({ name }) => name)
    expect(failed).toEqual(['never fires', 'another label', 'another sample', 'no expression', 'no series'])
    const messages = checked.flatMap(({ failures }) => failures.map(({ line, message }) => `${line} ${message}`))
    expect(messages[0]).toBe('7 ManyErrors at 20m: expected 1 alert, got no alert to fire')
    expect(messages[1]).toBe('16 ManyErrors at 20m: label severity: expected "warning", got "critical"')
    expect(messages[2]).toBe('23 sum(errors_total) at 2m is not as expected')
    expect(messages[3]).toContain('26 sum( cannot be evaluated at 2m')
    expect(checked.at(-1)?.failures[0]?.message).toContain('1:15: parse error: unexpected character')
  })
})

test('a failed alert is explained by the value of every part of its expression', async () => {
  const { checked } = await ask([join(FIXTURES, 'own/failing.yml')])
  const why = checked[0]?.failures[0]?.why.join('\n')
  expect(why).toContain('own/rules.yml:9 job:errors:rate5m > 0.5, for: 5m; at 20m:')
  expect(why).toContain('job:errors:rate5m is {__name__="job:errors:rate5m", job="api"} 0')
  expect(why).toContain('job:errors:rate5m > 0.5 is no sample')
})

test("a refused file is told in promtool's words, at its line, as the author's error", async () => {
  const { checked } = await ask([join(FIXTURES, 'own/unknown-key.yml'), join(FIXTURES, 'own/no-yaml.yml')])
  expect(checked.map(({ failures }) => failures[0]?.message)).toEqual([
    expect.stringContaining('field surprise not found'),
    expect.stringContaining('did not find expected'),
  ])
  expect(checked[0]?.failures[0]?.line).toBe(2)
  expect(exitCode(checked)).toBe(64)
})

test('a broken rule is found also when no test needs it', async () => {
  const { checked } = await ask([join(FIXTURES, 'own/broken-rule-file.yml')])
  expect(checked[0]?.failures[0]?.message).toContain('Unrelated')
  expect(checked[0]?.refused).toBe(true)
})

test('hundreds of tests that share databases are told apart', async () => {
  const file = join(scratch, 'many.yml')
  writeFileSync(
    join(scratch, 'rules.yml'),
    'groups: [{name: g, rules: [{alert: High, expr: "avg_over_time(x[10m]) > 5", for: 3m}]}]',
  )
  const test = (index: number) => `
- name: test ${index}
  interval: 1m
  input_series: [{series: 'x{n="${index % 7}"}', values: '${index % 5 === 0 ? 1 : 9}x30'}]
  alert_rule_test: [{eval_time: 20m, alertname: High, exp_alerts: [{exp_labels: {n: "${index % 7}"}}]}]
  promql_expr_test: [{expr: 'count_over_time(x[1h])', eval_time: 20m, exp_samples: [{labels: '{n="${index % 7}"}', value: ${index % 11 === 0 ? 20 : 21}}]}]`
  writeFileSync(
    file,
    `rule_files: [rules.yml]\ntests:${Array.from({ length: 120 }, (_, index) => test(index)).join('')}\n`,
  )
  const { checked } = await ask([file])
  const failed = checked.flatMap(({ verdict }, index) => (verdict === 'met' ? [] : [index]))
  expect(checked).toHaveLength(120)
  expect(failed).toEqual(
    Array.from({ length: 120 }, (_, index) => index).filter(index => index % 5 === 0 || index % 11 === 0),
  )
  expect(checked[55]?.failures.map(({ message }) => message.replace(/:.*/, ''))).toEqual([
    'High at 20m',
    'count_over_time(x[1h]) at 20m is not as expected',
  ])
})

test('a test that never ends reaches its limit, is told, and keeps no other from its verdict', async () => {
  const file = join(scratch, 'endless.yml')
  writeFileSync(join(scratch, 'up.yml'), 'groups: [{name: g, rules: [{alert: Up, expr: "up > 0"}]}]')
  writeFileSync(
    file,
    `rule_files: [up.yml]
evaluation_interval: 1s
tests:
  - { name: endless, interval: 1s, alert_rule_test: [{ eval_time: 900d, alertname: Up }] }
  - { name: short, interval: 1s, alert_rule_test: [{ eval_time: 1m, alertname: Up }] }
`,
  )
  const report = await check([file], { cache: false, limitMs: 3_000 })
  expect(report.checked.map(({ verdict }) => verdict)).toEqual(['unknown', 'met'])
  expect(printReport(report)).toContain('promtool had no answer after 3 s and was ended')
  expect(exitCode(report.checked)).toBe(2)
})

test.each([
  ['SIGINT', 130, '900d'],
  ['SIGTERM', 143, '20h'],
  // Nobody is left to end anything: promtool's input ends.
  ['SIGKILL', null, '20h'],
] as const)('a check that is ended by %s leaves no promtool running and no file behind', async (signal, code, at) => {
  const folder = mkdtempSync(join(scratch, 'endless-'))
  writeFileSync(join(folder, 'up.yml'), 'groups: [{name: g, rules: [{alert: Up, expr: "up > 0"}]}]')
  writeFileSync(
    join(folder, 'endless.yml'),
    `rule_files: [up.yml]\nevaluation_interval: 100ms\ntests: [{ interval: 1s, alert_rule_test: [{ eval_time: ${at}, alertname: Up }] }]\n`,
  )
  // A folder: a single file would also be asked as it is.
  const child = spawn(process.execPath, ['src/app/cli.mjs', 'check', folder, '--no-cache'], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  const place = `genesis-drill-scratch-${child.pid}-`
  const left = () =>
    ['/dev/shm', tmpdir()].flatMap(parent => readdirSync(parent).filter(name => name.startsWith(place)))
  const engines = () =>
    spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter(line => line.includes(' test rules ') && line.includes(place))
  await vi.waitFor(() => expect(engines()).not.toEqual([]), { timeout: 20_000, interval: 200 })
  child.kill(signal)
  expect((await ended)[0]).toBe(code)
  if (code !== null) expect(left()).toEqual([])
  await vi.waitFor(() => expect(engines()).toEqual([]), { timeout: 5_000, interval: 200 })
  // What a killed check left in the way of files goes with the next one.
  await check([join(FIXTURES, 'own/passing.yml')], { cache: false })
  expect(left()).toEqual([])
})

test('an unchanged file is not asked again, a changed rule file is', async () => {
  const folder = mkdtempSync(join(scratch, 'cached-'))
  const rules = (severity: string) =>
    `groups: [{name: g, rules: [{alert: Up, expr: "up > 0", labels: {severity: ${severity}}}]}]`
  writeFileSync(join(folder, 'rules.yml'), rules('page'))
  const alert = '{ eval_time: 1m, alertname: Up, exp_alerts: [{ exp_labels: { severity: page } }] }'
  writeFileSync(
    join(folder, 'test.yml'),
    `rule_files: [rules.yml]\ntests:\n  - { interval: 1m, input_series: [{ series: up, values: 1x5 }], alert_rule_test: [${alert}] }\n`,
  )
  const run = () => {
    const { stdout, status } = spawnSync(process.execPath, [`${process.cwd()}/src/app/cli.mjs`, 'check', 'test.yml'], {
      cwd: folder,
      encoding: 'utf8',
    })
    return `${status} ${stdout}`
  }
  expect(run()).toMatch(/^0 1 of 1 passed \(/)
  expect(run()).toMatch(/^0 1 of 1 passed, 1 unchanged since the last check \(/)
  writeFileSync(join(folder, 'rules.yml'), rules('ticket'))
  expect(run()).toContain('label severity: expected "page", got "ticket"')
})

test('--changed follows a rule file to the tests that name it', async () => {
  const folder = mkdtempSync(join(scratch, 'git-'))
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], { cwd: folder, stdio: 'pipe' })
  for (const name of ['a', 'b']) {
    writeFileSync(join(folder, `${name}.rules.yml`), 'groups: [{name: g, rules: [{alert: Up, expr: "up > 0"}]}]')
    writeFileSync(
      join(folder, `${name}.yml`),
      `rule_files: [${name}.rules.yml]\ntests:\n  - { interval: 1m, alert_rule_test: [{ eval_time: 1m, alertname: Up }] }\n`,
    )
  }
  git('init', '-q')
  git('add', '.')
  git('commit', '-qm', 'x')
  writeFileSync(join(folder, 'b.rules.yml'), 'groups: [{name: g, rules: [{alert: Up, expr: "up > 1"}]}]')
  const { stdout } = spawnSync(
    process.execPath,
    [`${process.cwd()}/src/app/cli.mjs`, 'check', '--json', '--changed', 'HEAD', '.'],
    { cwd: folder, encoding: 'utf8' },
  )
  const report = JSON.parse(stdout)
  expect(report.checked.map(({ file }: { file: string }) => file)).toEqual(['b.yml'])
  expect(report.skipped).toEqual([{ file: 'a.yml', reason: 'not touched since HEAD' }])
})

describe('an engine that fails', () => {
  const cli = (folder: string) =>
    spawnSync(process.execPath, ['src/app/cli.mjs', 'check', '--no-cache', join(FIXTURES, 'own/passing.yml')], {
      encoding: 'utf8',
      env: { ...process.env, PATH: folder },
    })
  /** Before all others on PATH. */
  const first = (folder: string) => cli(`${folder}:${process.env['PATH']}`)
  const engine = (script: string) => {
    const folder = mkdtempSync(join(scratch, 'engine-'))
    writeFileSync(join(folder, 'promtool'), `#!/bin/sh\ncd "$(/usr/bin/dirname "$0")" || exit 1\n${script}\n`, {
      mode: 0o755,
    })
    return folder
  }

  test('and is missing is named, with what to install', () => {
    const { status, stderr } = cli(mkdtempSync(join(scratch, 'empty-')))
    expect(status).toBe(69)
    expect(stderr).toContain('promtool is not on PATH')
    expect(stderr).toContain('apt-get install prometheus')
  })

  test('by being killed once is asked again', async () => {
    const real = spawnSync('which', ['promtool'], { encoding: 'utf8' }).stdout.trim()
    // The first calls die without a word: the early one and one of the batch.
    const folder = engine(
      `here=$PWD; cd "$OLDPWD"; [ -e "$here/once" ] || { : > "$here/once"; kill -9 $$; }; exec ${real} "$@"`,
    )
    const { status, stdout } = first(folder)
    expect(stdout).toContain('5 of 5 passed')
    expect(status).toBe(0)
  })

  test('by being killed every time is told, and nothing hangs', () => {
    const { status, stderr } = first(engine('kill -9 $$'))
    expect(status).toBe(69)
    expect(stderr).toContain('ended twice without an answer')
  })
})
