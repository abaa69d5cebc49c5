import { isFlag } from '../flag.ts'
import type { Expression } from '../tree.ts'
import { comparisons } from '../tree.ts'
import { constant, isScalar, metricName, unwrap } from '../walk.ts'

/** The values that an expression can have, as far as its form tells. */
export type Domain = 'zero or one' | 'one' | 'whole from one' | 'whole from zero' | undefined

/** Known without any data: counts are whole, `up` is 0 or 1, `absent` is 1. */
export function domainOf(expression: Expression): Domain {
  const inner = unwrap(expression)
  switch (inner.type) {
    case 'selector': {
      const name = metricName(inner)
      if (name === undefined) return undefined
      return isFlag(name) ? 'zero or one' : name === 'ALERTS' ? 'one' : undefined
    }
    case 'aggregation':
      if (inner.operator === 'count') return 'whole from one'
      if (inner.operator === 'group') return 'one'
      if (inner.operator === 'min' || inner.operator === 'max') return domainOf(inner.expression)
      return inner.operator === 'sum' && domainOf(inner.expression) === 'zero or one' ? 'whole from zero' : undefined
    case 'call':
      if (inner.name === 'absent' || inner.name === 'absent_over_time') return 'one'
      if (inner.name === 'count_over_time') return 'whole from one'
      return inner.name === 'changes' || inner.name === 'resets' ? 'whole from zero' : undefined
    case 'binary':
      if (inner.bool) return 'zero or one'
      return comparisons.has(inner.operator) && !isScalar(inner.left) ? domainOf(inner.left) : undefined
    default:
      return undefined
  }
}

/** The one value that it can have: `x == 3` gives only threes. */
export function onlyValue(expression: Expression): number | undefined {
  const inner = unwrap(expression)
  if (inner.type === 'binary' && inner.operator === '==' && !inner.bool && !isScalar(inner.left))
    return constant(inner.right)
  return domainOf(inner) === 'one' ? 1 : undefined
}

const GROWING = new Set(['rate', 'irate', 'increase', 'abs', 'sqrt', 'stddev_over_time', 'stdvar_over_time'])

/** Counters only grow, and what is counted is not below zero. */
export function neverNegative(expression: Expression): boolean {
  const inner = unwrap(expression)
  return domainOf(inner) !== undefined || (inner.type === 'call' && GROWING.has(inner.name))
}

/** Do two comparisons with numbers hold for the same values of the domain? */
export function samePredicate(
  domain: Domain,
  before: { readonly operator: string; readonly threshold: number },
  after: { readonly operator: string; readonly threshold: number },
): boolean {
  if (domain === undefined) return false
  const candidates =
    domain === 'one'
      ? [1]
      : domain === 'zero or one'
        ? [0, 1]
        : [...around(before.threshold), ...around(after.threshold), 0, 1].filter(
            value => value >= (domain === 'whole from one' ? 1 : 0),
          )
  return candidates.every(value => holds(value, before) === holds(value, after))
}

/** The whole numbers at which a comparison with the threshold can change. */
function around(threshold: number): number[] {
  return [-1, 0, 1].flatMap(offset => [Math.floor(threshold) + offset, Math.ceil(threshold) + offset])
}

function holds(
  value: number,
  { operator, threshold }: { readonly operator: string; readonly threshold: number },
): boolean {
  switch (operator) {
    case '==':
      return value === threshold
    case '!=':
      return value !== threshold
    case '<':
      return value < threshold
    case '<=':
      return value <= threshold
    case '>':
      return value > threshold
    default:
      return value >= threshold
  }
}

export const domainWords: Record<Exclude<Domain, undefined>, string> = {
  'zero or one': 'is only ever 0 or 1',
  one: 'is only ever 1',
  'whole from one': 'counts in whole numbers from 1',
  'whole from zero': 'counts in whole numbers',
}
