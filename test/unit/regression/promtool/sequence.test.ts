import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { carryRules } from '../../../../src/regression/promtool/rule-set.ts'
import { sequences, shiftable, sideBySide, testsOf } from '../../../../src/regression/promtool/sequence.ts'
import { readTestFile } from '../../../../src/regression/promtool/test-file.ts'

function tests(yaml: string) {
  return readTestFile('t.yml', `tests:\n${yaml}`).tests
}
function rules(expr: string, more = '') {
  return (carryRules('r.yml', `groups: [{name: g, rules: [{alert: A, expr: '${expr}'${more}}]}]`) ?? []).flatMap(
    group => group.rules,
  )
}
const one = tests(
  "  - { interval: 1m, input_series: [{ series: x, values: '1+1x60 7' }], alert_rule_test: [{ eval_time: 10m30s, alertname: A }] }",
)[0]
const shift = (expr: string, more?: string) =>
  one === undefined ? undefined : shiftable(one, rules(expr, more), undefined)

test('the pause covers everything that rules remember', () => {
  expect(shift('x > 1')?.pause).toBe(300)
  expect(shift('rate(x[1h]) > 1 and x offset 10m')?.pause).toBe(3_600)
  expect(shift('rate(x[1h] offset 10m) > 1')?.pause).toBe(3_600 + 600)
  expect(shift('x offset 10m > 1')?.pause).toBe(300 + 600)
  expect(shift('x > 1', ', keep_firing_for: 30m')?.pause).toBe(300 + 1_800)
})

test.each([
  'time() - x > 1',
  'absent(x)',
  'vector(1)',
  'x or vector(0)',
  'hour() > 3 and x',
  'x @ 100 > 1',
  'x offset -5m > 1',
  'max_over_time(x[1h:5m]) > 1',
  'rate(x[1d]) > 1',
  'ALERTS_FOR_STATE > 1',
  '1 > 0',
])('%s keeps a test from being shifted', expr => {
  expect(shift(expr)).toBeUndefined()
})

test('samples that promtool would not load in the test alone are cut', () => {
  expect(shift('x > 1')?.length).toBe(600)
  expect(shift('x > 1')?.series).toEqual([{ name: 'x', values: '1+1x10', count: 11 }])
})

test('tests follow one another; series of one name become one, with nothing between', () => {
  const several = tests(`
  - { interval: 30s, input_series: [{ series: 'x{a="1"}', values: '5x2 _ 6' }], alert_rule_test: [{ eval_time: 2m, alertname: A }] }
  - { interval: 30s, input_series: [{ series: 'x{a="1"}', values: 7 }, { series: y, values: 8 }], promql_expr_test: [{ eval_time: 90s, expr: x }] }
`).flatMap(each => shiftable(each, rules('x > 1'), undefined) ?? [])
  const [sequence] = sequences(several, 1)
  const text = parse(`tests:\n${sequence?.text}`).tests[0]
  expect(text.input_series).toEqual([
    { series: 'x{a="1"}', values: '5x2 _ 6 _x11 7' },
    { series: 'y', values: '_x16 8' },
  ])
  expect(text.alert_rule_test).toEqual([{ eval_time: '2m', alertname: 'A' }])
  expect(text.promql_expr_test).toEqual([{ eval_time: '9m30s', expr: 'x' }])
  const failure = { what: 'expression', expr: 'x', at: '8m30s', expected: '', got: '', text: '' } as const
  expect([...(sequence === undefined ? [] : (testsOf([failure], sequence) ?? []))]).toEqual([several[1]?.test])
  expect(sequence && testsOf([{ what: 'refusal', text: '' }], sequence)).toBeUndefined()
})

test('tests with nothing in common stand beside each other, and a failure is told by its alert', () => {
  const [x, y] = ['x', 'y'].flatMap(name =>
    sequences(
      tests(
        `  - { interval: 1m, input_series: [{ series: ${name}, values: 1x9 }], alert_rule_test: [{ eval_time: 5m, alertname: ${name.toUpperCase()} }] }`,
      ).flatMap(each => shiftable(each, rules(`${name} > 1`), undefined) ?? []),
      1,
    ),
  )
  if (x === undefined || y === undefined) throw new Error('no sequence')
  const both = sideBySide([x, y])
  expect(parse(`tests:\n${both.text}`).tests[0].input_series).toEqual([
    { series: 'x', values: '1x5' },
    { series: 'y', values: '1x5' },
  ])
  expect(both.seconds).toBe(300)
  const failure = { what: 'alert', alert: 'X', at: '5m', expected: '', got: '', text: '' } as const
  expect([...(testsOf([failure], both) ?? [])]).toEqual([x.tests[0]?.test])
})

test('no sequence is longer than what a database takes easily, and all cores get one', () => {
  const many = Array.from({ length: 100 }, () => shift('x > 1')).flatMap(each => each ?? [])
  expect(sequences(many, 4).map(({ tests: members }) => members.length)).toEqual([25, 25, 25, 25])
  const long = tests('  - { interval: 1m, alert_rule_test: [{ eval_time: 15h, alertname: A }] }').flatMap(
    each => shiftable(each, rules('x > 1'), undefined) ?? [],
  )
  expect(sequences([...long, ...long], 1)).toHaveLength(2)
})
