import type { Aggregation, Binary, Expression } from '../tree.ts'
import type { Draft } from './draft.ts'

export const isAggregated = (ancestors: readonly Expression[]) => ancestors.some(node => node.type === 'aggregation')

const OWN_LABEL = 'part'

/** A label that every aggregation around the selector drops, and every join below them keeps. */
export function replicaLabelOf({ selector, places, labels }: Draft): string | undefined {
  const preferred = ['instance', 'pod', 'cpu', 'device']
  const fixed = new Set(selector.matchers.filter(({ operator }) => operator === '=').map(({ label }) => label))
  const candidates = [...labels.keys()]
    .filter(label => !fixed.has(label) && label !== 'le')
    .sort((a, b) => rank(preferred, a) - rank(preferred, b))
  const aggregated = places.filter(({ ancestors }) => isAggregated(ancestors))
  if (aggregated.length === 0) return undefined
  // Groups that are counted: only more groups count more.
  const counted = candidates.find(label =>
    aggregated.every(({ ancestors }) => {
      const [inner, outer] = ancestors.filter(node => node.type === 'aggregation')
      return inner && outer?.operator === 'count' && !drops(inner, label) && drops(outer, label)
    }),
  )
  if (counted !== undefined) return counted
  const dropped = (label: string) =>
    aggregated.every(({ ancestors }) => {
      const around = ancestors.find(node => node.type === 'aggregation')
      return around !== undefined && drops(around, label)
    })
  // A label of the author's own `without` says along what there are several.
  const named = candidates.find(label =>
    aggregated.some(({ ancestors }) =>
      ancestors.some(
        node => node.type === 'aggregation' && node.grouping?.without && node.grouping.labels.includes(label),
      ),
    ),
  )
  if (named !== undefined && dropped(named)) return named
  const found = candidates.find(label => dropped(label) && joinsKeep(aggregated, label))
  if (found !== undefined) return found
  // All labels are grouped by: a label of its own tells several series apart.
  return aggregated.length === places.length && dropped(OWN_LABEL) && joinsKeep(aggregated, OWN_LABEL)
    ? OWN_LABEL
    : undefined
}

const rank = (order: readonly string[], label: string) => {
  const at = order.indexOf(label)
  return at < 0 ? order.length : at
}

function drops({ grouping }: Aggregation, label: string): boolean {
  return (grouping?.labels.includes(label) ?? false) === (grouping?.without ?? false)
}

function joinsKeep(places: Draft['places'], label: string): boolean {
  return places.every(({ ancestors }) => {
    const end = ancestors.findIndex(node => node.type === 'aggregation')
    return ancestors.slice(0, end).every(node => node.type !== 'binary' || keeps(node, label))
  })
}

function keeps({ matching }: Binary, label: string): boolean {
  return matching === undefined || matching.labels.includes(label) === matching.on
}
