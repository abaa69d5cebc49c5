import { print } from '../../../promql/print.ts'
import type { ComparisonOperator, Expression } from '../../../promql/tree.ts'
import { comparisons } from '../../../promql/tree.ts'
import { constant, unwrap } from '../../../promql/walk.ts'

/** One comparison with a constant that must hold, brought to its simplest form: `(time() - x) / 60 > 5` is `time() - x > 300`. */
export interface Condition {
  readonly base: Expression
  /** The base as text, to compare it with others. */
  readonly key: string
  readonly operator: ComparisonOperator
  readonly threshold: number
  /** The author's own threshold, before it was brought to the simplest form. */
  readonly written: number
}

/** The alternatives of an alert: what stands between its outermost `or`s. */
export function alternatives(expression: Expression): Expression[] {
  const inner = unwrap(expression)
  if (inner.type === 'binary' && inner.operator === 'or')
    return [...alternatives(inner.left), ...alternatives(inner.right)]
  return [inner]
}

/** The comparisons with constants that must all hold: both sides of `and`, the left side of `unless`. */
export function conditions(expression: Expression): Condition[] {
  const inner = unwrap(expression)
  if (inner.type !== 'binary') return []
  if (inner.operator === 'and') return [...conditions(inner.left), ...conditions(inner.right)]
  if (inner.operator === 'unless') return conditions(inner.left)
  if (!comparisons.has(inner.operator) || inner.bool) return []
  const operator = inner.operator as ComparisonOperator
  const right = constant(inner.right)
  const left = constant(inner.left)
  // `3 <= x < 20` holds two.
  const nested = [
    ...(right === undefined ? [] : conditions(inner.left)),
    ...(left === undefined ? [] : conditions(inner.right)),
  ]
  if (right !== undefined) return [...nested, simplest(bare(inner.left), operator, right)]
  if (left !== undefined) return [...nested, simplest(bare(inner.right), flipped(operator), left)]
  return []
}

/** What a comparison filters, behind other filters. */
function bare(expression: Expression): Expression {
  const inner = unwrap(expression)
  if (inner.type !== 'binary' || !comparisons.has(inner.operator) || inner.bool) return inner
  if (constant(inner.right) !== undefined) return bare(inner.left)
  if (constant(inner.left) !== undefined) return bare(inner.right)
  return inner
}

export function simplest(expression: Expression, comparison: ComparisonOperator, threshold: number): Condition {
  let base: Expression = unwrap(expression)
  let operator = comparison
  let value = threshold
  for (;;) {
    const next = step(base, operator, value)
    if (next === undefined) break
    ;[base, operator, value] = next
    base = unwrap(base)
  }
  return { base, key: print(base), operator, threshold: Number(value.toPrecision(12)), written: threshold }
}

type Step = readonly [Expression, ComparisonOperator, number]

function step(base: Expression, operator: ComparisonOperator, value: number): Step | undefined {
  if (base.type === 'unary')
    return [
      base.expression,
      base.operator === '-' ? flipped(operator) : operator,
      base.operator === '-' ? -value : value,
    ]
  if (base.type === 'call' && base.name === 'round' && base.args[0] !== undefined)
    return [base.args[0], operator, value]
  if (base.type !== 'binary') return undefined
  const right = constant(base.right)
  const left = constant(base.left)
  const turned = (factor: number) => (factor < 0 ? flipped(operator) : operator)
  if (right !== undefined) {
    if (base.operator === '+') return [base.left, operator, value - right]
    if (base.operator === '-') return [base.left, operator, value + right]
    if (base.operator === '*' && right !== 0) return [base.left, turned(right), value / right]
    if (base.operator === '/' && right !== 0) return [base.left, turned(right), value * right]
  } else if (left !== undefined) {
    if (base.operator === '+') return [base.right, operator, value - left]
    if (base.operator === '-') return [base.right, flipped(operator), left - value]
    if (base.operator === '*' && left !== 0) return [base.right, turned(left), value / left]
  }
  return undefined
}

export function flipped(operator: ComparisonOperator): ComparisonOperator {
  return ({ '<': '>', '<=': '>=', '>': '<', '>=': '<=', '==': '==', '!=': '!=' } as const)[operator]
}

/** Which way a value gets worse: an alert on `>` fires when it is high. */
export function direction(operator: ComparisonOperator): 'high' | 'low' | undefined {
  if (operator === '>' || operator === '>=') return 'high'
  return operator === '<' || operator === '<=' ? 'low' : undefined
}

export function holds(value: number, operator: ComparisonOperator, threshold: number): boolean {
  switch (operator) {
    case '<':
      return value < threshold
    case '<=':
      return value <= threshold
    case '>':
      return value > threshold
    case '>=':
      return value >= threshold
    case '==':
      return value === threshold
    case '!=':
      return value !== threshold
  }
}
