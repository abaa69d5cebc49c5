import type { Abilities, AbilityName } from '../model/abilities.ts'
import type { RunContext } from '../model/kind.ts'
import type { RunningProbe } from './probes.ts'
import type { Stack } from './stack.ts'
import type { Timeline } from './timeline.ts'

interface ContextOptions {
  readonly stack: Stack
  readonly timeline: Timeline
  readonly services: readonly string[]
  readonly probes: ReadonlyMap<string, RunningProbe>
  readonly signal: AbortSignal
  readonly person: RunContext['person']
}

/** What faults, actions and expectations see of the run. */
export function runContext({ stack, timeline, services, probes, signal, person }: ContextOptions): RunContext {
  return {
    clock: timeline.clock,
    signal,
    services,
    monitoring: stack.monitoring,
    events: timeline.events,
    probes: [...probes.keys()],
    person,
    append: body => void timeline.append(body),
    has: (service, name) => stack.ability(service, name) !== undefined,
    ability<Name extends AbilityName>(service: string, name: Name): Abilities[Name] {
      const found = stack.ability(service, name)
      if (found === undefined) throw new Error(`service ${service} has no ability ${name}`)
      return found
    },
    link: (from, to) => stack.runtime.link(from, to),
    async reconcile(name) {
      const probe = probes.get(name)
      if (probe === undefined) throw new Error(`no probe ${name}; known: ${[...probes.keys()].join(', ') || 'none'}`)
      await probe.reconcile()
    },
  }
}
