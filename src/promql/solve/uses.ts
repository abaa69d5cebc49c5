import type { Binary, Expression } from '../tree.ts'
import { comparisons } from '../tree.ts'
import { constant, unwrap, walk } from '../walk.ts'
import { type Draft, hasBucket } from './draft.ts'

/** What an expression reads of series: value, slope (of what may fall), changes, how buckets lie, how old a timestamp is. */
export type Use = 'level' | 'slope' | 'falls' | 'churn' | 'reach' | 'clock'

const SLOPES = new Set(['rate', 'irate', 'increase', 'deriv', 'delta', 'idelta', 'predict_linear'])
const FALLING = new Set(['deriv', 'delta', 'idelta', 'predict_linear'])
const CHURNS = new Set(['changes', 'resets'])

/** How the expression reads the series of a class. */
export function usesOf({ places }: Draft): Set<Use> {
  const uses = new Set<Use>()
  for (const { node, ancestors } of places) {
    const call = ancestors.find(ancestor => ancestor.type === 'call')
    const direct = ancestors[0]?.type === 'matrix' ? ancestors[1] : undefined
    const over = direct?.type === 'call' ? direct.name : undefined
    if (over !== undefined && SLOPES.has(over)) uses.add('slope')
    else if (over !== undefined && CHURNS.has(over)) uses.add('churn')
    else if (ancestors.some(ancestor => ancestor.type === 'subquery') && call !== undefined && SLOPES.has(call.name))
      uses.add('slope')
    else if (ancestors.some(ancestor => ancestor.type === 'subquery') && call !== undefined && CHURNS.has(call.name))
      uses.add('churn')
    else uses.add('level')
    if (over === 'predict_linear') uses.add('level')
    if (FALLING.has(over ?? call?.name ?? '')) uses.add('falls')
    if (hasBucket(node)) uses.add('reach')
    if (uses.has('level') && comparesWithClock(node, ancestors)) uses.add('clock')
  }
  return uses
}

/** Does the value of a node come to stand beside `time()`? What only decides whether other values are there does not. */
function comparesWithClock(node: Expression, ancestors: readonly Expression[]): boolean {
  let inner = node
  for (const around of ancestors) {
    if (isClockBinary(around)) return true
    if (around.type === 'binary' && around.right === inner && decides(around)) return false
    inner = around
  }
  return false
}

const decides = ({ operator, bool }: Binary) =>
  operator === 'and' || operator === 'unless' || (comparisons.has(operator) && !bool)

/** `time() - x` or `x - time()`, however wrapped. */
function isClockBinary(node: Expression): boolean {
  if (node.type !== 'binary') return false
  return [node.left, node.right].some(side => {
    const inner = unwrap(side)
    return inner.type === 'call' && inner.name === 'time'
  })
}

/** How far back it reads them, in seconds, each different one. */
export function windowsOf({ places }: Draft): number[] {
  const windows = places.map(({ node, ancestors }) => {
    const own = ancestors[0]?.type === 'matrix' ? (ancestors[0].range.seconds ?? 0) : 0
    const around = ancestors
      .filter(ancestor => ancestor.type === 'subquery')
      .reduce((sum, subquery) => sum + (subquery.range.seconds ?? 0) + (subquery.offset?.seconds ?? 0), 0)
    return own + around + (node.offset?.seconds ?? 0)
  })
  return [...new Set(windows)].sort((a, b) => a - b)
}

/** Bucket bounds around every constant of the expression; `7 * 24 * 3600` is one. */
export function bucketsFor(expression: Expression): number[] {
  const constants = [
    ...new Set(
      [...walk(expression)].flatMap(({ node, ancestors }) => {
        const value = constant(node)
        const whole = ancestors[0] === undefined || constant(ancestors[0]) === undefined
        return value !== undefined && whole && value > 0 && Number.isFinite(value) ? [value] : []
      }),
    ),
  ].slice(0, 4)
  const points = new Set(constants)
  for (const a of constants) for (const b of constants) if (a !== b) points.add(a / b)
  const bounds = new Set<number>([1])
  for (const point of [...points].slice(0, 8))
    for (const by of [0.5, 1, 2]) bounds.add(Number((point * by).toPrecision(6)))
  return [...[...bounds].sort((a, b) => a - b), Number.POSITIVE_INFINITY]
}
