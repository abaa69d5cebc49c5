export type Verdict = 'met' | 'unmet' | 'unknown'

const GRAVITY: Record<Verdict, number> = { met: 0, unknown: 1, unmet: 2 }

/** The gravest of all: one unmet finding makes the whole unmet, else one unknown makes it unknown. An empty list is met. */
export function worst(verdicts: Iterable<Verdict>): Verdict {
  let result: Verdict = 'met'
  for (const verdict of verdicts) if (GRAVITY[verdict] > GRAVITY[result]) result = verdict
  return result
}
