import { readableDuration } from '../model/duration.ts'
import type { Finding } from '../model/finding.ts'
import type { Timing } from './load/scenario.ts'

/** One look at an expectation; `at` is drill seconds since the reference, taken when the look began. */
export interface Look {
  readonly at: number
  readonly finding: Finding
}

/** How one expectation ended. `after` and `at` are drill seconds since the reference: last no, first yes. */
export interface Outcome {
  readonly finding: Finding
  readonly at: number
  readonly after?: number
}

export interface Judge {
  /** Takes the next look; gives the outcome once it is decided. `last`: nothing will be looked at after this. */
  seen(look: Look, last: boolean): Outcome | undefined
  /** The next instant at which a look decides something; undefined when none is fixed. */
  nextBoundary(now: number): number | undefined
}

interface Terms {
  /** The longest time in drill seconds between two good looks in which nothing can hide. */
  readonly tolerance: number
  /** Drill seconds that a look may come after its deadline and still tell what was true then. */
  readonly grace: number
  /** What time is counted from: `the fault`. */
  readonly reference: string
}

/** Decides when an expectation is met, whatever its kind. */
export function judge(timing: Timing, { tolerance, grace, reference }: Terms): Judge {
  let lastNo: number | undefined
  let lastGood: number | undefined
  let gap: { from: number; to: number; why: string } | undefined
  let trouble = ''

  const since = (at: number) => `${readableDuration(Math.max(0, at))} after ${reference}`
  const ended = (verdict: Finding['verdict'], message: string, { at, finding }: Look): Outcome => ({
    at,
    ...(lastNo === undefined ? {} : { after: lastNo }),
    finding: { verdict, message, evidence: finding.evidence },
  })

  function noteGaps({ at, finding }: Look): void {
    if (finding.verdict === 'unknown') {
      trouble = finding.message
      return
    }
    const from = lastGood ?? 0
    if (at - from > tolerance && (gap === undefined || at - from > gap.to - gap.from))
      gap = { from, to: at, why: trouble }
    lastGood = at
    trouble = ''
  }

  /** The end of a span in which every look was as it should be: only as good as the looks were dense. */
  function unbroken(look: Look, what: string): Outcome {
    if (look.finding.verdict === 'unknown') return ended('unknown', look.finding.message, look)
    if (gap === undefined) return ended('met', `${what} ${readableDuration(look.at)}: ${look.finding.message}`, look)
    const why = gap.why === '' ? '' : ` (${gap.why})`
    return ended('unknown', `nobody could look between ${since(gap.from)} and ${since(gap.to)}${why}`, look)
  }

  function awaited(look: Look, from: number, until: number): Outcome | undefined {
    const { at, finding } = look
    const window =
      from > 0
        ? `between ${readableDuration(from)} and ${readableDuration(until)}`
        : `within ${readableDuration(until)}`
    if (finding.verdict === 'met') {
      if (at < from) return ended('unmet', `too early, ${since(at)} instead of ${window}: ${finding.message}`, look)
      if (at > until + grace)
        return ended('unknown', `met ${since(at)}, but nobody could look ${window}: ${finding.message}`, look)
      return ended('met', `${finding.message}, ${since(at)}`, look)
    }
    if (at >= until) {
      if (finding.verdict === 'unknown') return ended('unknown', finding.message, look)
      return ended('unmet', `not ${window} of ${reference}: ${finding.message}`, look)
    }
    if (finding.verdict === 'unmet') lastNo = at
    return undefined
  }

  return {
    seen(look, last) {
      const { at, finding } = look
      noteGaps(look)
      switch (timing.when) {
        case 'now':
          return ended(finding.verdict, finding.message, look)
        case 'within':
          return awaited(look, 0, timing.until)
        case 'between':
          return awaited(look, timing.from, timing.until)
        case 'throughout':
          if (finding.verdict === 'unmet') return ended('unmet', `no longer ${since(at)}: ${finding.message}`, look)
          return at >= timing.until ? unbroken(look, 'held for') : undefined
        case 'never':
          if (finding.verdict === 'met')
            return ended('unmet', `must never be, but is ${since(at)}: ${finding.message}`, look)
          if (finding.verdict === 'unmet') lastNo = at
          return (timing.until === 'end' ? last : at >= timing.until) ? unbroken(look, 'not once in') : undefined
      }
    },
    nextBoundary(now) {
      const boundaries = [
        timing.when === 'between' ? timing.from : undefined,
        timing.when !== 'now' && timing.until !== 'end' ? timing.until : undefined,
      ]
      return boundaries.find(boundary => boundary !== undefined && boundary > now)
    },
  }
}
