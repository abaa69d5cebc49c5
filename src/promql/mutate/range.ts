import { formatDuration } from '../../model/duration.ts'
import type { MatrixSelector, Subquery } from '../tree.ts'
import type { Change } from './change.ts'

/** The range doubled and halved. */
export function mutateRange({ range }: Pick<MatrixSelector | Subquery, 'range'>): Change[] {
  const { seconds } = range
  if (seconds === undefined || seconds <= 0) return []
  return [2, 0.5].map(factor => {
    const text = formatDuration(seconds * factor)
    return {
      operator: 'range',
      edits: [{ from: range.from, to: range.to, text }],
      meaning: `looked at ${text} instead of ${range.text}`,
    }
  })
}
