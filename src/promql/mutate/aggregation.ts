import { printLabel } from '../print.ts'
import type { Aggregation, Expression } from '../tree.ts'
import { comparisons } from '../tree.ts'
import { constant } from '../walk.ts'
import type { Change, Surroundings } from './change.ts'
import { neverNegative } from './domain.ts'

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

function exchange(node: Aggregation, ancestors: readonly Expression[], { showsValue }: Surroundings): Change[] {
  const compared = comparedWithZero(ancestors)
  // What equals zero shows zero, whichever way it was put together.
  const unseen = compared === '==' || (compared !== undefined && !showsValue)
  return (EXCHANGED[node.operator] ?? []).map(operator => ({
    operator: 'aggregation',
    edits: [{ ...node.operatorSpan, text: operator }],
    meaning: `took the ${operator} instead of the ${node.operator}`,
    equivalent: isCounted(ancestors)
      ? 'only how many there are is counted'
      : unseen && sameSign(node, operator)
        ? `${node.operator} and ${operator} have the same sign, it is compared with 0 and no template shows another value`
        : undefined,
  }))
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

/** The comparison, where the result itself is compared with zero and nothing else done with it but filtering. */
function comparedWithZero(ancestors: readonly Expression[]): string | undefined {
  const [outer] = ancestors.filter(({ type }) => type !== 'paren')
  if (outer?.type !== 'binary' || !comparisons.has(outer.operator)) return undefined
  return constant(outer.right) === 0 || constant(outer.left) === 0 ? outer.operator : undefined
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
