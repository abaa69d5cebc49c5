import { accepts } from '../regex.ts'
import type { Expression, Matcher } from '../tree.ts'
import { isScalar, unwrap } from '../walk.ts'

/** Is it certain that it gives nothing, whatever the series are? */
export function neverGives(expression: Expression): boolean {
  const node = unwrap(expression)
  if (isScalar(node)) return false
  switch (node.type) {
    case 'selector':
      return contradicts(node.matchers)
    case 'matrix':
      return contradicts(node.selector.matchers)
    case 'subquery':
    case 'unary':
    case 'aggregation':
      return neverGives(node.expression)
    case 'call':
      return !/^(absent|info$)/.test(node.name) && node.args.some(neverGives)
    case 'binary':
      // What one side lacks may be filled in.
      if (node.fill !== undefined) return false
      if (node.operator === 'or') return neverGives(node.left) && neverGives(node.right)
      return neverGives(node.left) || (node.operator !== 'unless' && neverGives(node.right))
    default:
      return false
  }
}

/** Two values for one label, a value that another matcher refuses, or a pattern that refuses everything. */
function contradicts(matchers: readonly Matcher[]): boolean {
  const values = matchers.filter(({ operator }) => operator === '=')
  return (
    values.some(({ label, value }) => matchers.some(other => other.label === label && !accepts(other, value))) ||
    matchers.some(({ operator, value }) => operator === '!~' && value === '.*')
  )
}
