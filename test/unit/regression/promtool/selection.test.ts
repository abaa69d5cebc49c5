import { expect, test } from 'vitest'
import { carryRules, writeRules } from '../../../../src/regression/promtool/rule-set.ts'
import { selectionOf } from '../../../../src/regression/promtool/selection.ts'
import { readTestFile } from '../../../../src/regression/promtool/test-file.ts'

const RULES = `
groups:
  - name: recorded
    rules:
      - { record: 'job:errors', expr: 'sum by (job) (errors_total)' }
      - { record: 'all:errors', expr: 'sum({"job:errors"})' }
      - { record: 'other', expr: 'sum(other_total)' }
  - name: alerts
    interval: 30s
    rules:
      - { alert: High, expr: 'all:errors > 1', labels: { severity: page } }
      - { alert: Unrelated, expr: 'memory > 1' }
      - { alert: Meta, expr: 'ALERTS{alertname="High"} == 1' }
      - { alert: AnyAlert, expr: 'count(ALERTS) > 5' }
      - { alert: Ratio, expr: 'part / on (job) whole > 1' }
      - { alert: Share, expr: 'part / whole > 1' }
      - { alert: Grouped, expr: 'sum by (job) (part) / on (job) sum by (job) (whole) > 1' }
      - { alert: Relabelled, expr: 'label_replace(part, "zone", "$1", "dc", "(.*)") > 1' }
      - { alert: Pattern, expr: '{__name__=~".*:errors"} > 1' }
      - { alert: Rates, expr: 'rate({__name__=~"p.*"}[5m]) > 1' }
      - { alert: Templated, expr: 'disk > 1', annotations: { a: '{{ query "up" }}' } }
      - { alert: Words, expr: 'disk > 1', annotations: { a: 'a query was slow' } }
`

function selected(test: string): string[] {
  const groups = carryRules('rules.yml', RULES) ?? []
  const file = readTestFile('test.yml', `tests:\n  - ${test}\n`)
  expect(file.whole).toBeUndefined()
  const only = file.tests[0]
  const kept = only === undefined ? new Set() : selectionOf({ files: [], groups }).select(only)
  return groups.flatMap(({ rules }) => rules.filter(rule => kept.has(rule)).map(({ name }) => name))
}
const all =
  'job:errors all:errors other High Unrelated Meta AnyAlert Ratio Share Grouped Relabelled Pattern Rates Templated Words'.split(
    ' ',
  )
const alert = (name: string, series = 'x_total') =>
  selected(
    `{ input_series: [{ series: ${series}, values: 1 }], alert_rule_test: [{ eval_time: 1m, alertname: ${name} }] }`,
  )

test('an alert brings the rules it depends on, through recording rules', () => {
  expect(alert('High')).toEqual(['job:errors', 'all:errors', 'High'])
})

test('a consumer of ALERTS brings the alert it reads, and what that needs', () => {
  expect(alert('Meta')).toEqual(['job:errors', 'all:errors', 'High', 'Meta'])
})

test('a consumer of any alert brings all alerts and what they need, a template that queries everything', () => {
  expect(alert('AnyAlert')).toEqual(all)
  expect(alert('Templated')).toEqual(all)
  expect(alert('Words')).toEqual(['Words'])
})

test('a selector by pattern brings the recording rules whose names it matches', () => {
  expect(alert('Pattern')).toEqual(['job:errors', 'all:errors', 'Pattern'])
})

test('an expression under test brings the recording rules it reads', () => {
  expect(selected("{ promql_expr_test: [{ expr: 'rate(other[5m])', eval_time: 1m }] }")).toEqual(['other'])
})

test('a rule that could fail on the series of the test stays, though no case asks for it', () => {
  expect(alert('Unrelated', 'part')).toEqual(['Unrelated', 'Ratio', 'Rates'])
  expect(alert('Unrelated', '\'part{zone="a"}\'')).toEqual(['Unrelated', 'Ratio', 'Relabelled', 'Rates'])
  expect(alert('Unrelated', 'memory')).toEqual(['Unrelated'])
})

test('a label that an alert would overwrite can make two series one: it stays', () => {
  expect(alert('Unrelated', '\'errors_total{severity="x"}\'')).toEqual([
    'job:errors',
    'all:errors',
    'High',
    'Unrelated',
    'Pattern',
  ])
})

test('scratch files keep order, groups and the text of scalars', () => {
  const text = `groups:\n  - name: 'g: 1'\n    interval: 1m\n    limit: 010\n    rules:\n      - &a { record: r, expr: "x + 0x10", labels: { v: 1e3, w: yes } }\n      - *a\n`
  const groups = carryRules('rules.yml', text) ?? []
  expect(writeRules(groups, () => true)).toBe(
    'groups:\n- name: "g: 1"\n  interval: 1m\n  limit: 010\n  rules:\n' +
      '  - {record: r, expr: "x + 0x10", labels: {v: 1e3, w: yes}}\n'.repeat(2),
  )
})

test('what this reader does not know is for promtool alone', () => {
  expect(carryRules('r', 'groups: []\nsurprise: 1')).toBeUndefined()
  expect(carryRules('r', 'groups: [{ name: g, rules: [{ alert: A, expr: "sum(" }] }]')).toBeUndefined()
  expect(readTestFile('t', 'tests: [{ surprise: 1 }]').whole).toContain('surprise')
  expect(readTestFile('t', 'tests: [{ <<: { name: x } }]').whole).toBeDefined()
  expect(readTestFile('t', 'tests: [').whole).toBeDefined()
})

test.each([
  ['an alert', 'alertname: High', ['errors_total', 'job:errors', 'all:errors', 'ALERTS of High', 'x_total']],
  [
    'an alert that reads the state of another',
    'alertname: Meta',
    ['errors_total', 'job:errors', 'all:errors', 'ALERTS of High', 'ALERTS of Meta', 'x_total'],
  ],
  ['an alert that reads all states', 'alertname: AnyAlert', undefined],
  ['an alert that reads by pattern', 'alertname: Pattern', undefined],
] as const)('the footprint of a test of %s', (_, asked, expected) => {
  const groups = carryRules('rules.yml', RULES) ?? []
  const { tests } = readTestFile(
    'test.yml',
    `tests:\n  - { input_series: [{ series: x_total, values: 1 }], alert_rule_test: [{ eval_time: 1m, ${asked} }] }\n`,
  )
  const footprint = selectionOf({ files: [], groups }).footprint(tests)
  expect(footprint && [...footprint].sort()).toEqual(expected && [...expected].sort())
})

test('rules that cannot fail by the series of a test stay away', () => {
  const beside = (rule: string) => {
    const groups =
      carryRules('rules.yml', `groups: [{ name: g, rules: [{ alert: Asked, expr: 'x > 1' }, ${rule}] }]`) ?? []
    const file = readTestFile(
      'test.yml',
      `tests:\n  - { input_series: [{ series: 'x{verb="a"}', values: 1 }], alert_rule_test: [{ eval_time: 1m, alertname: Asked }] }\n`,
    )
    const [only] = file.tests
    return only !== undefined && selectionOf({ files: [], groups }).select(only).size === 2
  }
  const labelled = (expr: string) => beside(`{ record: other, expr: '${expr}', labels: { verb: read } }`)
  // Two series that differ in the label which the rule overwrites become one.
  expect(labelled('x')).toBe(true)
  expect(labelled('sum by (verb) (x)')).toBe(true)
  expect(labelled('topk(1, x)')).toBe(true)
  expect(labelled('sum(x) or x')).toBe(true)
  expect(labelled('sum by (job) (x)')).toBe(false)
  expect(labelled('sum by (job) (x) / sum by (job) (x)')).toBe(false)
  expect(labelled('sum without (verb) (x) or vector(0)')).toBe(false)
  // What `or` puts together differs in more than the name.
  const plain = (expr: string) => beside(`{ record: other, expr: '${expr}' }`)
  expect(plain('(sum by (job) (x) or vector(0)) + sum by (job) (x)')).toBe(false)
  expect(plain('(x or y) + x')).toBe(false)
  expect(plain('({__name__=~"x|y"} or y) + x')).toBe(true)
})
