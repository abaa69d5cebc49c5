import { parsePromql } from '../../promql/parse.ts'
import { type ComparisonOperator, comparisons, type Expression, setOperators } from '../../promql/tree.ts'
import { constant, isScalar, unwrap } from '../../promql/walk.ts'

/** A side of an alert's expression that decides on its own: `left > threshold`, or a vector whose presence counts. */
export interface Part {
  /** What is compared. */
  readonly text: string
  readonly comparison?: ComparisonOperator
  /** The constant on the other side; absent when that is an expression of its own. */
  readonly threshold?: number
  /** The other side, as text. */
  readonly against?: string
  /** How it is joined to the parts before it. */
  readonly joined?: string
}

const FLIPPED: Partial<Record<ComparisonOperator, ComparisonOperator>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' }

/** The deciding parts of an expression, in the order of the text. None when the text is no PromQL. */
export function partsOf(text: string): readonly Part[] {
  const expression = parsePromql(text)
  return 'error' in expression ? [] : split(expression, text)
}

function split(expression: Expression, text: string, joined?: string): readonly Part[] {
  const inner = unwrap(expression)
  const link = joined === undefined ? {} : { joined }
  if (inner.type !== 'binary') return [{ text: slice(inner, text), ...link }]
  const { operator, left, right, bool } = inner
  if (setOperators.has(operator)) return [...split(left, text, joined), ...split(right, text, operator)]
  if (!isComparison(operator) || bool) return [{ text: slice(inner, text), ...link }]
  // `5 < x` reads as `x > 5`.
  const [compared, other, comparison] =
    isScalar(left) && !isScalar(right) ? [right, left, FLIPPED[operator] ?? operator] : [left, right, operator]
  const threshold = constant(other)
  const nested = unwrap(compared)
  if (nested.type === 'binary' && isComparison(nested.operator) && !nested.bool)
    return [
      ...split(nested, text, joined),
      { text: slice(nested.left, text), comparison, against: slice(other, text), ...known(threshold), joined: 'and' },
    ]
  return [{ text: slice(compared, text), comparison, against: slice(other, text), ...known(threshold), ...link }]
}

const known = (threshold: number | undefined) => (threshold === undefined ? {} : { threshold })

function isComparison(operator: string): operator is ComparisonOperator {
  return comparisons.has(operator)
}

function slice({ from, to }: Expression, text: string): string {
  return text.slice(from, to)
}

/** Does a value fulfil its part? Undefined when that depends on another expression's value. */
export function fulfils({ comparison, threshold }: Part, value: number): boolean | undefined {
  if (comparison === undefined) return true
  return threshold === undefined ? undefined : COMPARE[comparison](value, threshold)
}

const COMPARE: Record<ComparisonOperator, (value: number, threshold: number) => boolean> = {
  '==': (value, threshold) => value === threshold,
  '!=': (value, threshold) => value !== threshold,
  '<': (value, threshold) => value < threshold,
  '<=': (value, threshold) => value <= threshold,
  '>': (value, threshold) => value > threshold,
  '>=': (value, threshold) => value >= threshold,
}
