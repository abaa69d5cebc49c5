import { printLabel, printNumber } from '../print.ts'
import type { Aggregation, Expression } from '../tree.ts'
import { comparisons, several } from '../tree.ts'
import { constant, unwrap } from '../walk.ts'
import type { Change, Surroundings } from './change.ts'
import { neverNegative, onlyValue } from './domain.ts'

const EXCHANGED: Readonly<Record<string, readonly string[]>> = {
  sum: ['avg', 'max'],
  avg: ['sum', 'max'],
  max: ['min', 'avg'],
  min: ['max', 'avg'],
  count: ['sum'],
  group: ['sum'],
  stddev: ['avg'],
  stdvar: ['avg'],
  topk: ['bottomk'],
  bottomk: ['topk'],
}

/** Another aggregation; each grouping label left out; `by` and `without` exchanged. */
export function mutateAggregation(
  node: Aggregation,
  ancestors: readonly Expression[],
  surroundings: Surroundings,
): Change[] {
  return [...exchange(node, ancestors, surroundings), ...regroup(node)]
}

function exchange(node: Aggregation, ancestors: readonly Expression[], surroundings: Surroundings): Change[] {
  return (EXCHANGED[node.operator] ?? []).map(operator => ({
    operator: 'aggregation',
    edits: [{ ...node.operatorSpan, text: operator }],
    meaning: `took the ${operator} instead of the ${node.operator}`,
    equivalent: sameAs(node, operator, ancestors, surroundings),
  }))
}

/** Why the other aggregation cannot be told from this one. */
function sameAs(
  node: Aggregation,
  after: string,
  ancestors: readonly Expression[],
  { showsValue }: Surroundings,
): string | undefined {
  if (isCounted(ancestors)) return 'only how many there are is counted'
  const both = (operators: readonly string[]) => operators.includes(node.operator) && operators.includes(after)
  if (isAlone(node) && both(['sum', 'avg', 'min', 'max'])) return 'there is only ever one value to put together'
  const only = onlyValue(node.expression)
  if (only !== undefined) {
    if (
      both(only === 0 ? ['sum', 'avg', 'min', 'max'] : ['avg', 'min', 'max']) ||
      (only === 1 && both(['count', 'sum']))
    )
      return `all values that are put together are ${printNumber(only)}`
  }
  const compared = comparedWithZero(ancestors)
  // What equals zero shows zero, whichever way it was put together.
  const unseen = compared?.operator === '==' || (compared !== undefined && (!showsValue || compared.decides))
  return unseen && sameSign(node, after)
    ? `${node.operator} and ${after} have the same sign, it is compared with 0 and nothing shows another value`
    : undefined
}

/** Does every group have a single member, because another aggregation leaves no more? */
function isAlone({ expression, grouping }: Aggregation): boolean {
  const inner = unwrap(expression)
  if (inner.type !== 'aggregation' || several.has(inner.operator)) return false
  const { labels, without } = inner.grouping ?? { labels: [], without: false }
  if (without) return false
  return labels.every(label => (grouping?.labels.includes(label) ?? false) !== (grouping?.without ?? false))
}

/** Does only the number of results matter, whatever they are worth? */
function isCounted(ancestors: readonly Expression[]): boolean {
  const [outer] = ancestors.filter(({ type }) => type !== 'paren')
  return outer?.type === 'aggregation' && (outer.operator === 'count' || outer.operator === 'group')
}

/** The sum and the average always; the greatest, too, of what is never negative. */
function sameSign({ operator, expression }: Aggregation, after: string): boolean {
  const signed = neverNegative(expression) ? ['sum', 'avg', 'max'] : ['sum', 'avg']
  return signed.includes(operator) && signed.includes(after)
}

/**
 * The comparison, where the result itself is compared with zero and nothing else done with it but filtering; `decides` when it stands on
 * the right of `and` or `unless`, so that its value goes nowhere.
 */
function comparedWithZero(ancestors: readonly Expression[]): { operator: string; decides: boolean } | undefined {
  const [outer, around] = ancestors.filter(({ type }) => type !== 'paren')
  if (outer?.type !== 'binary' || !comparisons.has(outer.operator)) return undefined
  if (constant(outer.right) !== 0 && constant(outer.left) !== 0) return undefined
  const decides =
    around?.type === 'binary' &&
    (around.operator === 'and' || around.operator === 'unless') &&
    unwrap(around.right) === outer
  return { operator: outer.operator, decides }
}

function regroup(node: Aggregation): Change[] {
  const { grouping } = node
  if (grouping === undefined) return []
  const write = (without: boolean, labels: readonly string[]) =>
    `${without ? 'without' : 'by'} (${labels.map(printLabel).join(', ')})`
  const left = grouping.labels.map((label, index) => ({
    operator: 'grouping',
    edits: [
      { from: grouping.from, to: grouping.to, text: write(grouping.without, grouping.labels.toSpliced(index, 1)) },
    ],
    meaning: grouping.without ? `kept the label ${label}` : `did not group by ${label}`,
  }))
  const exchanged = {
    operator: 'grouping',
    edits: [{ from: grouping.from, to: grouping.to, text: write(!grouping.without, grouping.labels) }],
    meaning: `grouped ${write(!grouping.without, grouping.labels)} instead of ${write(grouping.without, grouping.labels)}`,
  }
  return [...left, exchanged]
}
