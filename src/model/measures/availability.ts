import type { Measure } from '../record.ts'
import type { TimelineEvent } from '../timeline.ts'
import { type Interval, kept, keptSoFar } from './interval.ts'
import { type FaultInstant, faultInstants, type Measured, observedUntil, promise, untaken } from './measured.ts'

type Operations = Extract<TimelineEvent, { event: 'probe' }>

/** Successes one after the other that count as service: one alone may be the last breath of a dying server. */
export const SUSTAINED = 3

/**
 * `recoveryTime` of each probe: from the fault to the answer of the first of `SUSTAINED` successes in a row, wall seconds.
 *
 * - The value is what a client waited at most; the truth is at most `error` less: the time since its last failure (the cadence), the
 *   time of the answer, and the time that the injection took.
 * - When the server that answers in the end is another one than before, only answers of servers that were not there before count: a
 *   dying primary may still acknowledge.
 * - A probe that saw no failure was not without service: 0, with three times the cadence (of the usual time of an
 *   answer, if that is longer) as the bound, since a shorter outage would go unseen. An answer that took longer is an outage without a failure: the client hung.
 */
export function recoveryTimes(measured: Measured): readonly Measure[] {
  const { probes, objectives } = measured
  if (probes.length > 0) return probes.map(probe => recoveryTime(probe, measured))
  if (objectives.rto === undefined) return []
  return [untaken({ ...about('rto', objectives.rto), reason: 'no probe could measure it' })]
}

const about = (subject: string, objective: number | undefined) =>
  ({ name: 'recoveryTime', subject, time: 'wall', unit: 'seconds', ...promise(objective) }) as const

/** Where an outage began and ended, instants of the clock. */
export interface Outage {
  readonly fault: FaultInstant
  /** The end of the answer that ended it. */
  readonly recovered: number
  /** Milliseconds that it may have ended earlier. */
  readonly uncertain: number
}

function recoveryTime({ name, everyMs }: Measured['probes'][number], { events, objectives }: Measured): Measure {
  const subject = about(name, objectives.rto)
  const seen = outageOf(name, everyMs, events)
  if (seen.kind === 'unseen') return untaken({ ...subject, reason: seen.reason })
  if (seen.kind === 'none') {
    const bound = seen.bound / 1000
    return {
      ...subject,
      value: 0,
      error: bound,
      verdict: kept({ from: 0, to: bound }, objectives.rto),
      reason: seen.reason,
    }
  }
  if (seen.kind === 'open')
    return { ...subject, verdict: keptSoFar(seen.lasted / 1000, objectives.rto), reason: seen.reason }
  const { fault, recovered, uncertain } = seen.outage
  const to = (recovered - fault.from) / 1000
  const interval: Interval = { from: Math.max(0, to - uncertain / 1000), to }
  const verdict = kept(interval, objectives.rto)
  const reasons = [
    ...(verdict === 'unknown' ? ['the objective lies within the error bound'] : []),
    ...(seen.remark === undefined ? [] : [seen.remark]),
  ]
  return {
    ...subject,
    value: to,
    error: to - interval.from,
    verdict,
    ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }),
  }
}

type Seen =
  | { readonly kind: 'ended'; readonly outage: Outage; readonly remark?: string }
  | { readonly kind: 'open'; readonly lasted: number; readonly reason: string }
  /** `bound`: milliseconds that an outage may have lasted without being seen. */
  | { readonly kind: 'none'; readonly bound: number; readonly reason: string }
  | { readonly kind: 'unseen'; readonly reason: string }

/** What a probe saw of the outage after the first fault that it felt. */
export function outageOf(probe: string, everyMs: number, events: readonly TimelineEvent[]): Seen {
  const faults = faultInstants(events)
  const [first] = faults
  if (first === undefined) return { kind: 'unseen', reason: 'no fault was injected' }
  const end = observedUntil(events)
  const operations = events.filter(
    (event): event is Operations => event.event === 'probe' && event.probe === probe && event.at <= end,
  )
  const before = operations.filter(({ at }) => at <= first.from)
  if (before.length > 0 && before.at(-1)?.outcome !== 'ok')
    return { kind: 'unseen', reason: `probe ${probe} was failing before the fault already` }
  const felt = operations.findIndex(({ at, outcome }) => at > first.from && outcome !== 'ok')
  if (felt >= 0) return followed(probe, operations, felt, faults)
  return withoutFailure(probe, everyMs, operations, before, first)
}

function withoutFailure(
  probe: string,
  everyMs: number,
  operations: readonly Operations[],
  before: readonly Operations[],
  fault: FaultInstant,
): Seen {
  const usual = Math.max(everyMs, ...before.map(({ tookMs }) => tookMs))
  const slow = operations.find(({ at, tookMs }) => at > fault.from && tookMs > 2 * usual)
  if (slow !== undefined) {
    const uncertain = Math.min(slow.tookMs, everyMs + usual) + (fault.to - fault.from)
    return {
      kind: 'ended',
      outage: { fault, recovered: slow.at, uncertain },
      remark: 'nothing failed, but a client hung that long',
    }
  }
  if (!operations.some(({ until }) => until > fault.to))
    return { kind: 'unseen', reason: `no operation of probe ${probe} ended after the fault` }
  // It may have begun right after an operation, and been felt by the next one as an answer that took a little longer.
  return {
    kind: 'none',
    bound: everyMs + 2 * usual,
    reason: `no outage seen: every operation of probe ${probe} succeeded`,
  }
}

function followed(
  probe: string,
  operations: readonly Operations[],
  felt: number,
  faults: readonly FaultInstant[],
): Seen {
  const failure = operations[felt] as Operations
  const fault = faults.findLast(({ from }) => from <= failure.at) as FaultInstant
  const right = rightServers(operations, felt)
  let lastBad = failure.until
  let streak: { readonly first: Operations; count: number } | undefined
  for (const [index, operation] of operations.entries()) {
    if (index <= felt) continue
    if (operation.outcome !== 'ok' || !right(operation.server)) {
      lastBad = operation.until
      streak = undefined
      continue
    }
    streak ??= { first: operation, count: 0 }
    streak.count += operation.count
    if (streak.count < SUSTAINED) continue
    const { at, tookMs } = streak.first
    const uncertain = at - lastBad + tookMs + (fault.to - fault.from)
    const later = operations.slice(index).filter(({ outcome }) => outcome !== 'ok')
    const failures = later.reduce((sum, { count }) => sum + count, 0)
    return {
      kind: 'ended',
      outage: { fault, recovered: at, uncertain },
      ...(failures === 0 ? {} : { remark: `probe ${probe} failed again later, ${failures} times` }),
    }
  }
  const last = operations.at(-1) as Operations
  const lasted = last.until - fault.from
  const few = streak === undefined ? 'no success' : `only ${streak.count} of ${SUSTAINED} successes in a row`
  return {
    kind: 'open',
    lasted,
    reason: `not recovered: ${few} until ${(lasted / 1000).toFixed(1)} s after the fault, when observation ended`,
  }
}

/** Whose answers end the outage. */
function rightServers(operations: readonly Operations[], felt: number): (server: string | undefined) => boolean {
  const answering = (part: readonly Operations[]) =>
    part.flatMap(({ outcome, server }) => (outcome === 'ok' && server !== undefined ? [server] : []))
  const old = new Set(answering(operations.slice(0, felt)))
  const final = answering(operations).at(-1)
  if (final === undefined || old.has(final)) return () => true
  return server => server !== undefined && !old.has(server)
}
