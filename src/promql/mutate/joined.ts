import { accepts } from '../regex.ts'
import type { Binary, Expression, Matcher } from '../tree.ts'
import { setOperators } from '../tree.ts'
import { isScalar, unwrap } from '../walk.ts'

/**
 * Is a matcher asked for again where it counts? Without it there are more series, which differ in the label of the matcher. Where they
 * come to a join on that label whose other side asks for the same, they find no partner, and nothing has changed.
 */
export function isAskedAgain(matcher: Matcher, node: Expression, ancestors: readonly Expression[]): boolean {
  let inner = node
  for (const around of ancestors) {
    if (around.type === 'binary' && !isScalar(around.left) && !isScalar(around.right)) {
      const other = around.left === inner ? around.right : around.left
      const discards = around.operator !== 'or' && !(around.operator === 'unless' && around.left === inner)
      if (!isMatched(around, matcher.label) || couldCollide(around, inner)) return false
      if (discards && asked(other, matcher.label).some(one => implies(one, matcher))) return true
    } else if (!keepsApart(around, matcher.label)) return false
    inner = around
  }
  return false
}

/** Every value that satisfies the first satisfies the second. */
function implies(first: Matcher, second: Matcher): boolean {
  return (
    (first.operator === second.operator && first.value === second.value) ||
    (first.operator === '=' && accepts(second, first.value))
  )
}

const isMatched = ({ matching }: Binary, label: string): boolean =>
  matching === undefined || matching.labels.includes(label) === matching.on

/** Could more series on this side become alike for the join, which would end the evaluation? */
function couldCollide({ operator, matching, left }: Binary, side: Expression): boolean {
  if (setOperators.has(operator) || matching === undefined) return false
  const isOne = matching.group === 'right' ? side === left : side !== left
  if (!isOne) return false
  // What is left out of the comparison is pinned, or is not there any more.
  if (!matching.on) return !matching.labels.every(label => asked(side, label).some(({ operator }) => operator === '='))
  const node = unwrap(side)
  const grouping = node.type === 'aggregation' ? node.grouping : undefined
  return grouping === undefined || grouping.without || !grouping.labels.every(label => matching.labels.includes(label))
}

/** Do series that differ in the label give results of their own, which differ in it, too? */
function keepsApart(node: Expression, label: string): boolean {
  switch (node.type) {
    case 'paren':
    case 'unary':
    case 'matrix':
    case 'subquery':
    case 'binary':
      return true
    case 'aggregation':
      return (node.grouping?.labels.includes(label) ?? false) !== (node.grouping?.without ?? false)
    case 'call':
      return (
        !JOINS_SERIES.test(node.name) && !isWritten(node, label) && !(label === 'le' && TAKES_BOUNDS.test(node.name))
      )
    default:
      return false
  }
}

const JOINS_SERIES = /^(absent|absent_over_time|scalar|vector|label_join|info)$/
/** They take the bounds of buckets away. */
const TAKES_BOUNDS = /^histogram_/

function isWritten(node: Expression & { type: 'call' }, label: string): boolean {
  const target = node.args[1]
  return node.name === 'label_replace' && !(target?.type === 'string' && target.value !== label)
}

/** What is asked of a label of every result, as far as the form tells. */
function asked(expression: Expression, label: string): readonly Matcher[] {
  const node = unwrap(expression)
  switch (node.type) {
    case 'selector':
      return node.matchers.filter(matcher => matcher.label === label)
    case 'matrix':
      return asked(node.selector, label)
    case 'unary':
    case 'subquery':
      return asked(node.expression, label)
    case 'aggregation':
      return keepsApart(node, label) ? asked(node.expression, label) : []
    case 'call': {
      const vector = node.args.find(argument => !isScalar(argument) && argument.type !== 'string')
      return vector !== undefined && keepsApart(node, label) ? asked(vector, label) : []
    }
    case 'binary':
      return askedOfBoth(node, label)
    default:
      return []
  }
}

function askedOfBoth(node: Binary, label: string): readonly Matcher[] {
  if (isScalar(node.left)) return asked(node.right, label)
  if (isScalar(node.right)) return asked(node.left, label)
  const [left, right] = [asked(node.left, label), asked(node.right, label)]
  if (node.operator === 'or') return left.filter(one => right.some(other => implies(other, one)))
  if (node.operator === 'unless') return left
  if (isMatched(node, label)) return [...left, ...right]
  if (node.operator === 'and' || node.matching?.group === 'left') return left
  return node.matching?.group === 'right' ? right : []
}
