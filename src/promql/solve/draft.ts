import type { Expression, VectorSelector } from '../tree.ts'
import { metricName } from '../walk.ts'

/** A class of series while it is being planned. */
export interface Draft {
  readonly selector: VectorSelector
  readonly places: { node: VectorSelector; ancestors: readonly Expression[] }[]
  readonly labels: Map<string, string>
  metric: string
}

/** Does it read all buckets of a histogram? */
export function hasBucket(selector: VectorSelector): boolean {
  return (metricName(selector) ?? '').endsWith('_bucket') && !selector.matchers.some(({ label }) => label === 'le')
}
