import type { Expression, VectorSelector } from './tree.ts'

/** The parts of an expression, in the order of the text. A matrix selector's part is its selector. */
function children(expression: Expression): readonly Expression[] {
  switch (expression.type) {
    case 'number':
    case 'string':
    case 'selector':
      return []
    case 'matrix':
      return [expression.selector]
    case 'subquery':
    case 'unary':
    case 'paren':
      return [expression.expression]
    case 'call':
      return expression.args
    case 'aggregation':
      return expression.parameter === undefined
        ? [expression.expression]
        : [expression.parameter, expression.expression]
    case 'binary':
      return [expression.left, expression.right]
  }
}

/** The expression and everything in it, outermost first; `ancestors` are the nodes around it, nearest first. */
export function* walk(
  expression: Expression,
  ancestors: readonly Expression[] = [],
): Generator<{ node: Expression; ancestors: readonly Expression[] }> {
  yield { node: expression, ancestors }
  const inner = [expression, ...ancestors]
  for (const child of children(expression)) yield* walk(child, inner)
}

/** Every selector, those of matrix selectors included. */
export function selectors(expression: Expression): VectorSelector[] {
  return [...walk(expression)].flatMap(({ node }) => (node.type === 'selector' ? [node] : []))
}

/** The metric that a selector names, by `name{...}` or `{__name__="name"}`; undefined when it picks by pattern. */
export function metricName(selector: VectorSelector): string | undefined {
  return (
    selector.name ?? selector.matchers.find(matcher => matcher.label === '__name__' && matcher.operator === '=')?.value
  )
}

/** Names of all metrics that it reads; selectors by pattern give none. */
export function metricNames(expression: Expression): Set<string> {
  return new Set(selectors(expression).flatMap(selector => metricName(selector) ?? []))
}

/** The expression without the parentheses around it. */
export function unwrap(expression: Expression): Exclude<Expression, { type: 'paren' }> {
  let inner = expression
  while (inner.type === 'paren') inner = inner.expression
  return inner
}

const SCALAR_CALLS = new Set(['time', 'pi', 'scalar', 'start', 'end', 'step', 'range'])

/** Is its value one number without labels? */
export function isScalar(expression: Expression): boolean {
  const inner = unwrap(expression)
  switch (inner.type) {
    case 'number':
      return true
    case 'unary':
      return isScalar(inner.expression)
    case 'binary':
      return isScalar(inner.left) && isScalar(inner.right)
    case 'call':
      return SCALAR_CALLS.has(inner.name)
    default:
      return false
  }
}

/** The number that a constant expression stands for (`60 * 60 * 24`, `-(1 + 2)`); undefined when it is none. */
export function constant(expression: Expression): number | undefined {
  const inner = unwrap(expression)
  if (inner.type === 'number') return inner.value
  if (inner.type === 'call' && inner.name === 'pi') return Math.PI
  if (inner.type === 'unary') {
    const value = constant(inner.expression)
    return value === undefined || inner.operator === '+' ? value : -value
  }
  if (inner.type !== 'binary') return undefined
  const left = constant(inner.left)
  const right = constant(inner.right)
  if (left === undefined || right === undefined) return undefined
  switch (inner.operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
    case '%':
      return left % right
    case '^':
      return left ** right
    case 'atan2':
      return Math.atan2(left, right)
    case '==':
      return Number(left === right)
    case '!=':
      return Number(left !== right)
    case '<':
      return Number(left < right)
    case '<=':
      return Number(left <= right)
    case '>':
      return Number(left > right)
    case '>=':
      return Number(left >= right)
    default:
      return undefined
  }
}

/** How far back it looks, seconds. */
export function lookBack(expression: Expression): number {
  let most = 0
  for (const { node, ancestors } of walk(expression)) {
    if (node.type !== 'matrix' && node.type !== 'subquery' && node.type !== 'selector') continue
    const around = [node, ...ancestors].map(part => {
      const range = part.type === 'matrix' || part.type === 'subquery' ? (part.range.seconds ?? 0) : 0
      const offset = part.type === 'selector' || part.type === 'subquery' ? (part.offset?.seconds ?? 0) : 0
      return range + offset
    })
    most = Math.max(
      most,
      around.reduce((sum, part) => sum + part, 0),
    )
  }
  return most
}
