import { type DrillClock, drillClock } from '../model/clock.ts'
import type { EventBody, TimelineEvent } from '../model/timeline.ts'

/** The append-only list of what happened, in the time of its clock. */
export interface Timeline {
  readonly clock: DrillClock
  readonly events: readonly TimelineEvent[]
  /** `at` defaults to now. */
  append(body: EventBody, at?: number): TimelineEvent
  /** The steady state holds: this instant becomes the zero of what is shown and recorded. */
  setZero(): void
  /** An instant of the clock as it is shown and recorded. */
  shown(at: number): number
  /** All events in order of time, counted from zero. */
  recorded(): readonly TimelineEvent[]
}

/**
 * The clock itself starts with the boot and never jumps: a service that keeps an instant of the boot must still get the right age for it
 * later. Zero is applied to what leaves the run.
 */
export function startTimeline(
  timeScale: number,
  told: (event: TimelineEvent) => void = () => {},
  monotonic: () => number = () => performance.now(),
  epoch: number = Date.now() - monotonic(),
): Timeline {
  const clock = drillClock(timeScale, monotonic(), epoch, monotonic)
  const events: TimelineEvent[] = []
  let zero = 0
  return {
    clock,
    events,
    append(body, at = clock.now()) {
      const event: TimelineEvent = { at, wall: clock.wallTime(at), ...body }
      events.push(event)
      told(shifted(event, zero))
      return event
    },
    setZero() {
      zero = clock.now()
    },
    shown: at => at - zero,
    recorded: () => events.map(event => shifted(event, zero)).sort((a, b) => a.at - b.at),
  }
}

/** The same event with every instant of the clock counted from `zero`. */
function shifted(event: TimelineEvent, zero: number): TimelineEvent {
  const moved = { ...event, at: event.at - zero }
  switch (moved.event) {
    case 'alert':
    case 'expectation':
      return moved.after === undefined ? moved : { ...moved, after: moved.after - zero }
    case 'probe':
      return { ...moved, until: moved.until - zero }
    case 'ledger':
      return {
        ...moved,
        ...(moved.survivedUntil === undefined ? {} : { survivedUntil: moved.survivedUntil - zero }),
        ...(moved.newestLost === undefined ? {} : { newestLost: moved.newestLost - zero }),
      }
    case 'mistake':
      return { ...moved, began: moved.began - zero }
    default:
      return moved
  }
}
