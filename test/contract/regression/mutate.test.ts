import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ScenarioError } from '../../../src/model/errors.ts'
import { readRuleFile } from '../../../src/monitoring/rules/read.ts'
import { coverage } from '../../../src/regression/coverage/index.ts'
import { mutate } from '../../../src/regression/mutate/index.ts'
import { printMutation } from '../../../src/regression/mutate/print.ts'
import { partsOf, ruleMutants, writeRule } from '../../../src/regression/mutate/rule-mutants.ts'

const OWN = 'test/fixtures/promtool/own'
const scratch = mkdtempSync(join(tmpdir(), 'mutate-test-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const RULES = `groups:
  - name: g
    rules:
      - { record: job:errors, expr: 'sum by (job) (rate(errors_total{env="prod"}[5m]))', labels: { kind: rate } }
      - alert: High
        expr: job:errors > 0.5
        for: 3m
        labels: { severity: critical, team: db }
        annotations: { summary: '{{ $labels.job }} at {{ $value }}' }
      - { alert: Down, expr: 'up{job="api"} == 0 and on (job) deployed > 0', labels: { severity: warning } }
      - { alert: Meta, expr: 'count(ALERTS{alertname="High", alertstate="firing"}) > 0' }
      - { alert: Twice, expr: 'x > 1', labels: { severity: warning } }
      - { alert: Twice, expr: 'x > 5', labels: { severity: critical } }
`
const TESTS = `rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - name: high
    interval: 1m
    input_series:
      - { series: 'errors_total{env="prod", job="a", i="1"}', values: '0x10 0+30x20 900x20' }
      - { series: 'errors_total{env="prod", job="a", i="2"}', values: '0x10 0+30x20 900x20' }
      - { series: 'errors_total{env="test", job="a"}', values: '0+600x60' }
    alert_rule_test:
      - { eval_time: 9m, alertname: High }
      - { eval_time: 30m, alertname: High, exp_alerts: [{ exp_labels: { severity: critical, team: db, job: a, kind: rate }, exp_annotations: { summary: a at 1 } }] }
      - { eval_time: 45m, alertname: High }
      - { eval_time: 30m, alertname: Meta, exp_alerts: [{}] }
  - name: down
    interval: 1m
    input_series:
      - { series: 'up{job="api"}', values: '1x5 0x5' }
      - { series: 'deployed{job="api"}', values: 1x20 }
    alert_rule_test:
      - { eval_time: 5m, alertname: Down }
      - { eval_time: 8m, alertname: Down, exp_alerts: [{ exp_labels: { severity: warning, job: api } }] }
  - name: twice
    interval: 1m
    input_series: [{ series: x, values: '0x5 3x5 7x5' }]
    alert_rule_test:
      - { eval_time: 8m, alertname: Twice, exp_alerts: [{ exp_labels: { severity: warning } }] }
      - { eval_time: 12m, alertname: Twice, exp_alerts: [{ exp_labels: { severity: warning } }, { exp_labels: { severity: critical } }] }
  - name: again
    interval: 1m
    input_series: [{ series: x, values: 1x5 }]
    alert_rule_test: [{ eval_time: 4m, alertname: Twice }]
    promql_expr_test: [{ expr: 'count(ALERTS)', eval_time: 4m }]
`

test('every mutant has the fate that plain promtool gives it, one by one', async () => {
  writeFileSync(join(scratch, 'rules.yml'), RULES)
  writeFileSync(join(scratch, 'tests.yml'), TESTS)
  const report = await mutate([join(scratch, 'tests.yml')], { rules: [join(scratch, 'rules.yml')] })
  const { file } = readRuleFile(RULES, join(scratch, 'rules.yml'))
  const mutants = ruleMutants(file)
  expect(report.mutants).toHaveLength(mutants.length)
  const folder = join(scratch, 'plain')
  mkdirSync(folder)
  writeFileSync(join(folder, 'tests.yml'), TESTS)
  const plain = mutants.map(mutant => {
    const rules = file.groups.flatMap(group =>
      group.rules.flatMap(rule => {
        const changed = rule === mutant.rule ? mutant.changed : partsOf(rule)
        return changed === undefined ? [] : [writeRule(rule.kind, rule.name, changed)]
      }),
    )
    writeFileSync(join(folder, 'rules.yml'), `groups: [{name: g, rules: [${rules.join(', ')}]}]`)
    return `${mutant.meaning}: ${spawnSync('promtool', ['test', 'rules', join(folder, 'tests.yml')]).status === 0 ? 'survived' : 'killed'}`
  })
  const fates = new Map(report.mutants.map(({ meaning, fate }) => [meaning, fate]))
  for (const [index, mutant] of mutants.entries()) {
    const fate = fates.get(mutant.meaning)
    // What is not counted because it changes nothing must not be noticed by anybody either.
    expect(`${mutant.meaning}: ${fate === 'not counted' ? 'survived' : fate}`).toBe(plain[index])
  }
  expect(report.killed).toBeGreaterThan(30)
  expect(report.mutants.filter(({ fate }) => fate === 'survived').length).toBeGreaterThan(3)
})

test('survivors are told as what they mean, at their line', async () => {
  const report = await mutate([join(OWN, 'passing.yml')], { rules: [join(OWN, 'rules.yml')] })
  expect(printMutation(report)).toContain(
    `${OWN}/rules.yml:11: nobody would notice if ManyErrors needed 2m30s instead of 5m`,
  )
  expect(report.subjects.find(({ subject }) => subject === 'Slow')).toMatchObject({ killed: 0 })
})

test('a test that does not hold kills nothing', async () => {
  const report = await mutate([join(OWN, 'failing.yml')], { rules: [join(OWN, 'rules.yml')] })
  expect(report.notes).toEqual(['5 tests do not hold and were not asked'])
  expect(report.mutants.some(mutant => mutant.fate === 'killed' && mutant.by.includes('failing.yml:5'))).toBe(false)
})

const SCENARIO = (labels: string) => `scenario: high
title: High fires
monitoring: { rules: [rules.yml], scrapeInterval: 1m, evaluationInterval: 1m }
services:
  input: { kind: series, interval: 1m, series: { 'errors_total{env="prod", job="a"}': '0x10 0+60x30' } }
faults: [{ kind: play, service: input }]
expect:
  - { kind: alert, alert: High, state: firing, labels: { ${labels} }, between: [11m, 18m] }
  - { kind: alert, alert: Meta, state: firing, within: 20m }
observe: 30m
`

test('a simulated scenario notices what no unit test does, unless it does not hold', async () => {
  writeFileSync(join(scratch, 'rules.yml'), RULES)
  const fatesOf = async (labels: string) => {
    writeFileSync(join(scratch, 'high.yaml'), SCENARIO(labels))
    const report = await mutate([join(scratch, 'high.yaml')], { rules: [join(scratch, 'rules.yml')] })
    return { notes: report.notes, fates: new Map(report.mutants.map(mutant => [mutant.meaning, mutant])) }
  }
  const held = await fatesOf('team: db')
  expect(held.notes).toEqual([])
  expect(held.fates.get('High did not exist')).toMatchObject({ by: `${join(scratch, 'high.yaml')}:1` })
  expect(held.fates.get('High had team="db-changed" instead of "db"')).toMatchObject({ fate: 'killed' })
  expect(held.fates.get('High needed 1m30s instead of 3m')).toMatchObject({ fate: 'survived' })
  expect(held.fates.get('job:errors did not exist')).toMatchObject({ fate: 'killed' })
  expect(held.fates.get('Down did not exist')).toMatchObject({ fate: 'survived' })
  const failing = await fatesOf('team: web')
  expect(failing.notes).toEqual(['1 test does not hold and was not asked'])
  expect([...failing.fates.values()].some(({ fate }) => fate === 'killed')).toBe(false)
})

test('wrong scenario files are told with all their problems before anything is asked', async () => {
  const wrong = (name: string, rules: string) => {
    writeFileSync(join(scratch, name), SCENARIO('team: db').replace('rules.yml', rules).replace('30m', 'soon'))
    return join(scratch, name)
  }
  const files = [wrong('first.yaml', 'rules.yml'), wrong('second.yaml', 'rules.yml')]
  const missing = join(scratch, 'third.yaml')
  writeFileSync(missing, SCENARIO('team: db').replace('rules.yml', 'nowhere.yml'))
  const problems = await mutate([...files, missing], { rules: [join(OWN, 'rules.yml')] }).then(
    () => [],
    (thrown: unknown) => (thrown instanceof ScenarioError ? thrown.problems.map(({ file }) => file) : [String(thrown)]),
  )
  expect(problems).toEqual([...files, missing])
})

const CONFIG = resolve('test/fixtures/alertmanager/timed.yml')
const ROUTES = [
  {
    name: 'night',
    at: '2026-11-03T23:00:00Z',
    alerts: [
      {
        labels: { alertname: 'A', team: 'night', severity: 'critical', instance: 'x' },
        receivers: ['pager'],
        resolved: ['pager'],
      },
      { labels: { alertname: 'A', team: 'night', severity: 'warning', instance: 'x' }, receivers: [] },
      { labels: { alertname: 'A', team: 'night', severity: 'warning', instance: 'y' }, receivers: ['night-owls'] },
    ],
  },
  {
    name: 'day',
    at: '2026-11-03T12:00:00Z',
    alerts: [{ labels: { alertname: 'B', team: 'day', severity: 'critical' }, receivers: ['office', 'pager'] }],
  },
]

test('changes of the route tree are noticed by the tests that look there', async () => {
  const file = join(scratch, 'routes.yml')
  writeFileSync(file, JSON.stringify({ alertmanager: CONFIG, routes: ROUTES }))
  const report = await mutate([file], { rules: [join(OWN, 'rules.yml')], alertmanager: CONFIG })
  const fates = Object.fromEntries(
    report.mutants.filter(mutant => mutant.file === CONFIG).map(({ meaning, fate }) => [meaning, fate]),
  )
  expect(fates).toMatchObject({
    'an alert with severity="critical" did not inhibit one with severity="warning"': 'killed',
    'the route for severity="critical" to pager did not exist': 'killed',
    'the route for team="night" to night-owls did not ask for the time interval night': 'survived',
    'the route for team="day" to office took its alerts away from the routes after it': 'killed',
    'the route for team="day", severity="critical" to pager let its alerts go on to the routes after it': 'not counted',
    'the route for team="day", severity="critical" to pager did not ask for severity="critical"': 'survived',
    'pager did not hear of a resolve by pagerduty': 'killed',
    'office did not hear of a resolve by webhook': 'survived',
    'the root route told night-owls instead of everyone': 'survived',
  })
})

test('coverage tells what the tests that hold show, and what they leave out', async () => {
  const file = join(scratch, 'routes.yml')
  writeFileSync(file, JSON.stringify({ alertmanager: CONFIG, routes: ROUTES }))
  writeFileSync(join(scratch, 'rules.yml'), RULES)
  writeFileSync(join(scratch, 'tests.yml'), TESTS)
  const report = await coverage([file, join(scratch, 'tests.yml')], {
    rules: [join(scratch, 'rules.yml')],
    alertmanager: CONFIG,
    reports: scratch,
  })
  const alert = (name: string) => report.alerts.find(one => one.alert === name)
  expect(alert('High')).toMatchObject({ fire: 'simulated', quiet: 'simulated', resolve: 'simulated', delivered: 'no' })
  expect(alert('Down')).toMatchObject({ fire: 'simulated', quiet: 'simulated', resolve: 'no' })
  const missing = Object.fromEntries(
    report.items.filter(({ shown }) => shown === 'no').map(({ name, missing: why }) => [name, why]),
  )
  expect(missing).toMatchObject({
    everyone: 'no test and no run notifies it',
    christmas: 'no test at an instant in it',
    'Down up{job="api"}': 'no test plays a series that it keeps out',
  })
  expect(report.items.find(({ name }) => name === 'night')?.shown).toBe('simulated')
  expect(report.items.find(({ what }) => what === 'inhibition')?.shown).toBe('simulated')
  expect(
    report.items.find(
      ({ name }) =>
        name.startsWith('job:errors errors_total{env="prod"}') || name.startsWith('job:errors errors_total{env='),
    )?.shown,
  ).toBe('simulated')
  expect(report.percent).toBeCloseTo((report.covered / report.total) * 100)
})

test('a run that was recorded with the same files shows it live, one with other files does not', async () => {
  const folder = join(scratch, 'archive')
  mkdirSync(join(folder, 'run'), { recursive: true })
  const { createHash } = await import('node:crypto')
  const record = (sha256: string) => ({
    version: 1,
    scenarios: [
      {
        configuration: [{ file: 'rules.yml', sha256 }],
        findings: [{ verdict: 'met', expectation: 'alert, alert: Down, never: true' }],
        timeline: [{ event: 'alert', alert: 'High', state: 'firing', labels: {} }],
      },
    ],
  })
  writeFileSync(join(scratch, 'rules.yml'), RULES)
  writeFileSync(join(scratch, 'tests.yml'), TESTS)
  const ask = () => coverage([join(scratch, 'tests.yml')], { rules: [join(scratch, 'rules.yml')], reports: folder })
  const hash = createHash('sha256')
    .update(readFileSync(join(scratch, 'rules.yml')))
    .digest('hex')
  writeFileSync(join(folder, 'run', 'record.json'), JSON.stringify(record(hash)))
  const { alerts } = await ask()
  expect(alerts.find(({ alert }) => alert === 'High')?.fire).toBe('live')
  expect(alerts.find(({ alert }) => alert === 'Down')).toMatchObject({ quiet: 'live', fire: 'simulated' })
  writeFileSync(join(folder, 'run', 'record.json'), JSON.stringify(record('other')))
  const later = await ask()
  expect(later.alerts.find(({ alert }) => alert === 'High')?.fire).toBe('simulated')
  expect(later.notes).toEqual(['1 recorded scenarios ran with other contents of these files and do not count'])
})
