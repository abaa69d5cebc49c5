import { drillClock } from '../../../src/model/clock.ts'
import type { RunContext } from '../../../src/model/kind.ts'
import type { TimelineEvent } from '../../../src/model/timeline.ts'
import { FakeMonitoring } from '../../fakes/monitoring.ts'
import type { Bed } from '../services/bed.ts'

/** What faults, actions and probes see of real services. */
export function runOn(bed: Bed, services: readonly string[]): RunContext & { readonly events: TimelineEvent[] } {
  const clock = drillClock(1, performance.now(), performance.timeOrigin, () => performance.now())
  const events: TimelineEvent[] = []
  return {
    clock,
    signal: new AbortController().signal,
    ability: (service, name) => bed.ability(service, name),
    has: (service, name) => bed.service(service).abilities[name] !== undefined,
    services,
    link: (from, to) => bed.runtime.link(from, to),
    monitoring: new FakeMonitoring(),
    events,
    append: body => void events.push({ at: clock.now(), wall: Date.now(), ...body }),
    reconcile: async () => {},
    probes: [],
    person: undefined,
  }
}

/** An action's context: the run, without faults to roll back and expectations to check. */
export function acting(run: RunContext) {
  return {
    ...run,
    rollback: async () => {},
    check: async () => ({ verdict: 'unknown', message: 'nobody checks here', evidence: [] }) as const,
  }
}
