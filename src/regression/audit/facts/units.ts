import type { Expression } from '../../../promql/tree.ts'
import { metricNames } from '../../../promql/walk.ts'

const UNITS: readonly (readonly [RegExp, number])[] = [
  [/_(ms|milliseconds)(_total)?$/, 0.001],
  [/_seconds(_total)?$/, 1],
  [/_minutes(_total)?$/, 60],
  [/_hours(_total)?$/, 3_600],
  [/_days(_total)?$/, 86_400],
]

/** How many seconds one unit of a lone duration metric is, by its name; undefined when it is none. */
export function secondsPerUnit(base: Expression): number | undefined {
  const [metric, ...others] = metricNames(base)
  if (metric === undefined || others.length > 0 || base.type !== 'selector') return undefined
  return UNITS.find(([shape]) => shape.test(metric))?.[1]
}
