import { expect, it } from 'vitest'
import { mustParse } from '../../../src/promql/parse.ts'
import { constant, isScalar, metricNames, selectors, walk } from '../../../src/promql/walk.ts'

it('finds selectors and metrics wherever they stand', () => {
  const expression = mustParse(
    'sum(rate(a[5m])) / on () group_left topk(scalar(b), {__name__="c"}) > predict_linear(d[1h:], 5) or {job="x"}',
  )
  expect([...metricNames(expression)]).toEqual(['a', 'b', 'c', 'd'])
  expect(selectors(expression)).toHaveLength(5)
})

it('tells what is around a node', () => {
  const inner = [...walk(mustParse('sum(rate(a[5m]))'))].at(-1)
  expect(inner?.ancestors.map(({ type }) => type)).toEqual(['matrix', 'call', 'aggregation'])
})

it('knows scalars and computes constants', () => {
  expect(['1', 'time() - 5', 'scalar(x)', 'x', 'vector(1)', '-(2)'].map(text => isScalar(mustParse(text)))).toEqual([
    true,
    true,
    true,
    false,
    false,
    true,
  ])
  expect(constant(mustParse('60 * 60 * 24 - -(2 ^ 3)'))).toBe(86_408)
  expect(constant(mustParse('1 + x'))).toBeUndefined()
})
