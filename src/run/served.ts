import { SUSTAINED } from '../model/measures/availability.ts'
import type { LoadedScenario, TimedExpectation } from './load/scenario.ts'
import type { Watched } from './observe.ts'
import type { RunningProbe } from './probes.ts'

/**
 * That the clients are served belongs to every steady state: one that is not served before the fault cannot tell when it is served again.
 * Only operations that began at `since` or later count.
 */
export function servedClients(
  { probes }: LoadedScenario,
  running: ReadonlyMap<string, RunningProbe>,
  since: number,
): { readonly expectations: readonly TimedExpectation[]; readonly watched: readonly Watched[] } {
  const timing = { when: 'now' } as const
  return {
    expectations: probes.map(({ name, kind, place }) => ({
      kind,
      place,
      spec: {},
      timing,
      text: `probe ${name} succeeds`,
    })),
    watched: probes.map(({ name }) => {
      const look = async () => servedBy(running.get(name), since)
      return { timing, look, explain: look }
    }),
  }
}

function servedBy(probe: RunningProbe | undefined, since: number): Awaited<ReturnType<Watched['look']>> {
  const last = probe?.last()
  const count = probe?.successesSince(since) ?? 0
  if (count >= SUSTAINED) return { verdict: 'met', message: 'its operations succeed', evidence: [] }
  return {
    verdict: 'unmet',
    message: last === undefined ? 'no operation has ended yet' : unserved(last, count),
    evidence: [],
  }
}

function unserved(last: NonNullable<ReturnType<RunningProbe['last']>>, count: number): string {
  if (last.outcome === 'ok') return `only ${count} of ${SUSTAINED} operations in a row succeeded`
  return `its last operation ${last.outcome === 'failed' ? 'failed' : 'had an unknown outcome'}: ${last.message ?? 'no reason given'}`
}
