import type { Link } from '../../src/model/abilities.ts'
import { type DrillClock, drillClock } from '../../src/model/clock.ts'
import type { CheckExpectation, ProbeContext, RunContext } from '../../src/model/kind.ts'
import type { EventBody, TimelineEvent } from '../../src/model/timeline.ts'
import { FakeMonitoring } from './monitoring.ts'
import { FakeLink, FakeServer } from './server.ts'

export interface FakeRun extends RunContext {
  readonly monitoring: FakeMonitoring
  readonly events: TimelineEvent[]
  readonly abort: AbortController
  server(name: string): FakeServer
  /** All services and links, for comparison. */
  state(): unknown
  readonly rollback: () => Promise<void>
  readonly check: CheckExpectation
  rolledBack: number
  /** Adds an event at an instant of the clock. */
  happened(at: number, body: EventBody): void
}

interface FakeRunOptions {
  readonly servers?: readonly FakeServer[]
  readonly probes?: readonly string[]
  readonly person?: RunContext['person']
  readonly check?: CheckExpectation
  readonly clock?: DrillClock
}

/** A run without engines: services, links and monitoring live in memory. */
export function fakeRun(options: FakeRunOptions = {}): FakeRun {
  const servers = new Map((options.servers ?? []).map(server => [server.name, server]))
  const links = new Map<string, FakeLink>()
  const clock = options.clock ?? drillClock(60, performance.now(), performance.timeOrigin, () => performance.now())
  const events: TimelineEvent[] = []
  const abort = new AbortController()

  function server(name: string): FakeServer {
    const found = servers.get(name)
    if (found === undefined) throw new Error(`no fake service ${name}`)
    return found
  }

  return {
    clock,
    signal: abort.signal,
    abort,
    services: [...servers.keys()],
    probes: options.probes ?? [],
    person: options.person,
    monitoring: new FakeMonitoring(),
    events,
    server,
    ability: (service, name) => server(service).abilities[name],
    has: (service, name) => servers.has(service) && server(service).has(name),
    async link(from, to): Promise<Link> {
      const key = `${from} to ${to}`
      const link = links.get(key) ?? new FakeLink(from, to)
      links.set(key, link)
      return link
    },
    append: body => void events.push({ at: clock.now(), wall: Date.now(), ...body }),
    happened: (at, body) => void events.push({ at, wall: Date.now(), ...body }),
    reconcile: async () => {},
    state: () => ({
      servers: [...servers.values()].map(one => one.state()),
      disturbed: [...links]
        .filter(([, { state }]) => state !== 'healthy')
        .map(([key, { state }]) => `${key}: ${state}`),
    }),
    rolledBack: 0,
    async rollback() {
      this.rolledBack += 1
    },
    check: options.check ?? (async () => ({ verdict: 'met', message: 'as expected', evidence: [] })),
  }
}

/** What a probe of that name sees of the run. */
export function probeContext(run: FakeRun, name: string): ProbeContext {
  return {
    name,
    everyMs: 10,
    clock: run.clock,
    signal: run.signal,
    ability: run.ability,
    has: run.has,
    services: run.services,
  }
}

export { FakeServer }
