import type { Verdict } from '../verdict.ts'

/** A span of certainty: what it stands for is not less than `from` and not more than `to`. */
export interface Interval {
  readonly from: number
  readonly to: number
}

/** How long it was between two instants that are known within bounds. Never negative: what follows does not precede. */
export function elapsed(start: Interval, end: Interval): Interval {
  return { from: Math.max(0, end.from - start.to), to: Math.max(0, end.to - start.from) }
}

export function times({ from, to }: Interval, factor: number): Interval {
  return { from: from * factor, to: to * factor }
}

/** The middle and the half-width, as they are printed. */
export function centred({ from, to }: Interval): { value: number; error: number } {
  return { value: (from + to) / 2, error: (to - from) / 2 }
}

/** Was the promise kept? Unknown when the bounds lie on both sides of it; met when nothing was promised. */
export function kept({ from, to }: Interval, objective: number | undefined): Verdict {
  if (objective === undefined || to <= objective) return 'met'
  return from > objective ? 'unmet' : 'unknown'
}

/** For a thing that had not happened when nobody looked any longer: then it took at least `seen`. */
export function keptSoFar(seen: number, objective: number | undefined): Verdict {
  return objective !== undefined && seen > objective ? 'unmet' : 'unknown'
}
