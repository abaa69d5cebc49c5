import { expect, test } from 'vitest'
import { mutateExpression } from '../../../src/promql/mutate/index.ts'
import { neverGives } from '../../../src/promql/mutate/never.ts'
import { parsePromql } from '../../../src/promql/parse.ts'

function mutants(text: string, showsValue = true) {
  const expression = parsePromql(text)
  if ('error' in expression) throw new Error(expression.error)
  return mutateExpression(expression, { text, showsValue })
}
const equivalents = (text: string, showsValue?: boolean) =>
  mutants(text, showsValue).flatMap(({ meaning, equivalent }) => (equivalent === undefined ? [] : [meaning]))

test.each([
  ['sum by (job) (x) == 0', true, ['took the avg instead of the sum']],
  ['sum by (job) (x) > 0', true, []],
  ['sum by (job) (x) > 0', false, ['took the avg instead of the sum']],
  ['sum by (job) (x) > 1', false, []],
  ['sum by (job) (up) == 0', true, ['took the avg instead of the sum', 'took the max instead of the sum']],
  // One value to put together, whatever it is.
  ['sum(avg(x)) > 1', true, ['took the avg instead of the sum', 'took the max instead of the sum']],
  ['sum by (job) (max by (job) (x)) > 1', true, ['took the avg instead of the sum', 'took the max instead of the sum']],
  ['sum by (job) (max by (job, pod) (x)) > 1', true, []],
  ['sum(topk(3, x)) > 1', true, []],
  // Only ever the same value.
  ['sum by (job) (x == 0)', true, ['took the avg instead of the sum', 'took the max instead of the sum']],
  ['max by (job) (x == 3)', true, ['took the min instead of the max', 'took the avg instead of the max']],
  ['sum by (job) (x == 3)', true, []],
  ['count(x == 1) > 2', true, ['took the sum instead of the count']],
  ['count(x == bool 1) > 2', true, []],
  // On the right of `and` the value goes nowhere.
  [
    'x > 3 and sum by (job) (rate(y[5m])) > 0',
    true,
    ['took the avg instead of the sum', 'took the max instead of the sum'],
  ],
  ['sum by (job) (rate(y[5m])) > 0 and x > 3', true, []],
] as const)('aggregations of %s (value shown: %s) that cannot be told apart', (text, showsValue, expected) => {
  expect(equivalents(text, showsValue).filter(meaning => meaning.startsWith('took'))).toEqual(expected)
})

test.each([
  ['sum by (job) (rate(x[5m])) == 0', ['took the avg instead of the sum', 'took the max instead of the sum']],
  ['count(sum by (version) (x)) > 1', ['took the avg instead of the sum', 'took the max instead of the sum']],
] as const)('aggregations of %s, of what is never negative or only counted', (text, expected) => {
  expect(equivalents(text).filter(meaning => meaning.startsWith('took'))).toEqual(expected)
})

test.each([
  ['a{job="x"} / b{job="x"} > 1', 2],
  ['rate(a{job="x"}[5m]) / ignoring (state) b{job="x", state="on"} > 1', 2],
  // More series on the right that differ in the state alone would end the evaluation.
  ['rate(a{job="x"}[5m]) / ignoring (state) b{job="x"} > 1', 1],
  ['a{job="x"} / on (job, instance) b{job="x"} > 1', 1],
  ['a{job="x"} / on (job, instance) sum by (job, instance) (b{job="x"}) > 1', 2],
  ['histogram_quantile(0.9, a_bucket{le="1"}) / b{le="1"} > 1', 0],
  ['sum by (job) (a{job=~"x.*"}) / sum by (job) (b{job=~"x.*"}) > 1', 2],
  ['(a{job="x"} > 1 and b{job="x"} > 2) or c{job="x"}', 2],
  ['a{job="x1"} / b{job=~"x.*"} > 1', 1],
  ['a{job="x"} unless b{job="x"}', 1],
  ['a{job="x"} or b{job="x"}', 0],
  ['a{job="x"} / on (instance) b{job="x"} > 1', 0],
  ['a{job="x"} / ignoring (job) b{job="x"} > 1', 0],
  ['sum(a{job="x"}) / sum(b{job="x"}) > 1', 0],
  ['absent(a{job="x"}) and b{job="x"}', 0],
  ['topk(1, a{job="x"}) > 1 and b{job="x"}', 0],
  ['label_replace(a{job="x"}, "job", "y", "", "") and b{job="x"}', 0],
] as const)('in %s as many matchers as %d are asked for again by what they join', (text, count) => {
  expect(equivalents(text).filter(meaning => meaning.startsWith('did not ask for'))).toHaveLength(count)
})

test.each(['up < 1', 'count(x) > 0', 'absent(x) > 0.5'])('thresholds of %s that its values never meet', text => {
  expect(equivalents(text).length).toBeGreaterThan(0)
})

test('every mutant is other PromQL than before', () => {
  const text = 'sum by (job, i) (rate(x{a="1", b=~"c.*"}[5m] offset 1m)) / on (job) y > 0.5 and z unless w'
  const all = mutants(text)
  expect(new Set(all.map(one => one.text)).size).toBe(all.length)
  for (const one of all) {
    expect(one.text).not.toBe(text)
    expect(one.meaning).not.toBe('')
  }
})

test.each([
  ['min by (job) (rate(x{a!~".*"}[5m]) / rate(y[5m])) > 0.1', true],
  ['x{a="1", a="2"} > 0', true],
  ['x{a="1", a=~"2|3"} > 0', true],
  ['x and x{a!~".*"}', true],
  ['x unless x{a!~".*"}', false],
  ['x or x{a!~".*"}', false],
  ['absent(x{a!~".*"})', false],
  ['scalar(x{a!~".*"}) > 0', false],
  ['x{a!~".+"} > 0', false],
  ['x + fill (0) x{a!~".*"}', false],
  ['x{a="1", a=~"1|3"} > 0', false],
] as const)('%s can never give anything: %s', (text, expected) => {
  const expression = parsePromql(text)
  if ('error' in expression) throw new Error(expression.error)
  expect(neverGives(expression)).toBe(expected)
})
