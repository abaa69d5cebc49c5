import { measure } from '../../../../src/model/measures/index.ts'
import type { Measured } from '../../../../src/model/measures/measured.ts'
import type { Measure, MeasureName } from '../../../../src/model/record.ts'
import type { EventBody, TimelineEvent } from '../../../../src/model/timeline.ts'

export const at = (instant: number, body: EventBody): TimelineEvent => ({
  at: instant,
  wall: 1_000_000 + instant,
  ...body,
})

/** A fault whose injection took from the first instant to the second. */
export const fault = (from: number, to = from, name = 'kill'): readonly TimelineEvent[] => [
  at(from, { event: 'fault.injecting', fault: 'kill', name }),
  at(to, { event: 'fault.injected', fault: 'kill', name, evidence: [] }),
]

/** Operations of the probe `orders`, all alike; instants are those of their ends. */
export function operations(
  outcome: 'ok' | 'failed' | 'unknown',
  first: number,
  last: number,
  options: { server?: string; everyMs?: number; tookMs?: number } = {},
): TimelineEvent {
  const { server, everyMs = 10, tookMs = 1 } = options
  return at(first, {
    event: 'probe',
    probe: 'orders',
    outcome,
    ...(server === undefined ? {} : { server }),
    count: Math.round((last - first) / everyMs) + 1,
    until: last,
    tookMs,
  })
}

export function measured(events: readonly TimelineEvent[], over: Partial<Measured> = {}): readonly Measure[] {
  return measure({
    objectives: {},
    probes: [{ name: 'orders', kind: 'sql-write', service: 'primary', everyMs: 10 }],
    timeScale: 1,
    expectations: [],
    ...over,
    events,
  })
}

/** The one measure of that name. */
export function only(name: MeasureName, measures: readonly Measure[]): Measure {
  const found = measures.filter(one => one.name === name)
  if (found.length !== 1 || found[0] === undefined) throw new Error(`expected one ${name}, got ${found.length}`)
  return found[0]
}
