import type { DrillClock } from '../model/clock.ts'
import { messageOf } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import { type Judge, judge, type Outcome } from './judge.ts'
import { pause, withLimit } from './limit.ts'
import type { Timing } from './load/scenario.ts'

/** An expectation as the poller sees it. Both ask once; `explain` says in addition why it is as it is, and may cost more. */
export interface Watched {
  readonly timing: Timing
  look(): Promise<Finding>
  explain(): Promise<Finding>
}

export interface Cadence {
  /** Wall milliseconds from one look to the next. */
  readonly everyMs: number
  /** Wall milliseconds after which a look that does not come back counts as failed. */
  readonly limitMs: number
  /** Drill seconds between two good looks in which nothing can hide. */
  readonly tolerance: number
  /** Drill seconds that a look may come after its deadline and still tell what was true then. */
  readonly grace: number
}

interface Observation {
  readonly clock: DrillClock
  readonly cadence: Cadence
  readonly signal: AbortSignal
  /** The instant of the clock that times are counted from; undefined as long as it has not come (then nobody looks). */
  readonly reference: () => number | undefined
  /** What people call that instant. */
  readonly referenceName: string
  /** Drill seconds that everything is watched for at least. */
  readonly observeFor: number
  /** Called once for each, as soon as it is decided. Times are instants of the clock. */
  readonly settled: (index: number, outcome: Outcome) => void
}

/**
 * Looks at all expectations side by side until each is decided: the only place in the harness that waits for one. A look that throws or
 * hangs is *unknown*, never *unmet*.
 */
export async function observe(list: readonly Watched[], observation: Observation): Promise<readonly Outcome[]> {
  const { clock, cadence, signal, observeFor } = observation
  const watches = list.map(watched => ({
    watched,
    judge: judge(watched.timing, { ...cadence, reference: observation.referenceName }),
    busy: false,
    outcome: undefined as Outcome | undefined,
  }))
  type Watch = (typeof watches)[number]

  const settle = (watch: Watch, outcome: Outcome, reference: number) => {
    if (watch.outcome !== undefined) return
    const instant = (seconds: number) => reference + clock.wallMilliseconds(seconds)
    watch.outcome = {
      finding: outcome.finding,
      at: instant(outcome.at),
      ...(outcome.after === undefined ? {} : { after: instant(outcome.after) }),
    }
    observation.settled(watches.indexOf(watch), watch.outcome)
  }

  async function lookAt(watch: Watch, reference: number, last: boolean): Promise<void> {
    watch.busy = true
    const at = clock.drillSeconds(reference, clock.now())
    const finding = await ask(() => watch.watched.look(), cadence.limitMs)
    const outcome = watch.judge.seen({ at, finding }, last)
    if (outcome !== undefined && !signal.aborted)
      settle(watch, await explained(watch.watched, outcome, cadence), reference)
    watch.busy = false
  }

  const waitsForEnd = ({ watched: { timing } }: Watch) =>
    timing.when === 'now' || (timing.when === 'never' && timing.until === 'end')
  const open = () => watches.filter(watch => watch.outcome === undefined)

  const elapsed = () => {
    const reference = observation.reference()
    return reference === undefined ? Number.NEGATIVE_INFINITY : clock.drillSeconds(reference, clock.now())
  }

  while ((open().length > 0 || elapsed() < observeFor) && !signal.aborted) {
    const reference = observation.reference()
    let wait = cadence.everyMs
    if (reference !== undefined) {
      const now = clock.drillSeconds(reference, clock.now())
      const closing = now >= observeFor && open().every(waitsForEnd)
      for (const watch of open()) {
        if (watch.busy || (watch.watched.timing.when === 'now' && !closing)) continue
        void lookAt(watch, reference, closing)
      }
      wait = Math.min(wait, ...open().map(watch => untilBoundary(watch.judge, now, clock)))
    }
    await pause(wait, signal)
  }

  const reference = observation.reference() ?? clock.now()
  for (const watch of open()) {
    const finding: Finding = {
      verdict: 'unknown',
      message: 'the run was interrupted before this was decided',
      evidence: [],
    }
    settle(watch, { finding, at: clock.drillSeconds(reference, clock.now()) }, reference)
  }
  return watches.flatMap(({ outcome }) => outcome ?? [])
}

/** One look; what it throws, or its not coming back, becomes an unknown finding. */
export async function ask(look: () => Promise<Finding>, limitMs: number): Promise<Finding> {
  try {
    return await withLimit(look, limitMs, 'the check')
  } catch (thrown) {
    return { verdict: 'unknown', message: `could not be checked: ${messageOf(thrown)}`, evidence: [] }
  }
}

/** What is not met gets its reasons, at the moment at which it is decided. */
async function explained(watched: Watched, outcome: Outcome, { limitMs }: Cadence): Promise<Outcome> {
  if (outcome.finding.verdict === 'met') return outcome
  const { evidence } = await ask(() => watched.explain(), limitMs)
  return evidence.length === 0 ? outcome : { ...outcome, finding: { ...outcome.finding, evidence } }
}

/** A look is due exactly at each boundary, not a cadence later. */
function untilBoundary(judge: Judge, now: number, clock: DrillClock): number {
  const boundary = judge.nextBoundary(now)
  return boundary === undefined ? Number.POSITIVE_INFINITY : Math.max(1, clock.wallMilliseconds(boundary - now))
}
