import type { RunContext } from '../model/kind.ts'
import { observationOf } from './cadence.ts'
import type { Damage, PreparedFault } from './damage.ts'
import { watch } from './expectations.ts'
import type { Findings } from './findings.ts'
import { pause } from './limit.ts'
import { registries } from './load/registries.ts'
import type { LoadedFault, LoadedScenario } from './load/scenario.ts'
import { type Cadence, observe } from './observe.ts'
import type { Timeline } from './timeline.ts'

export interface Observed {
  readonly scenario: LoadedScenario
  readonly context: RunContext
  readonly timeline: Timeline
  readonly cadence: Cadence
  readonly findings: Findings
  readonly signal: AbortSignal
}

/**
 * Injects the faults, each at its time, while the expectations are watched, counted from the first of them. Throws what an injection
 * throws; then nothing that was watched counts.
 */
export async function breakAndObserve(
  { scenario, context, timeline, cadence, findings, signal }: Observed,
  damage: Damage,
  injected: () => void,
): Promise<void> {
  const { clock } = timeline
  const prepared = scenario.faults.map(fault => prepareFault(fault, context)).sort((a, b) => a.fault.at - b.fault.at)
  const failed = new AbortController()
  const zero = clock.now()
  let reference = prepared.length === 0 ? zero : undefined

  const inject = async () => {
    for (const one of prepared) {
      await pause(zero + clock.wallMilliseconds(one.fault.at) - clock.now(), signal)
      await damage.inject(one)
      reference ??= clock.now()
    }
    injected()
  }
  const injecting = inject().catch(thrown => {
    failed.abort(thrown)
    throw thrown
  })
  const last = prepared.at(-1)?.fault.at ?? 0
  const observing = observe(
    scenario.expect.map(expectation => watch(expectation, context)),
    {
      clock,
      cadence,
      signal: AbortSignal.any([signal, failed.signal]),
      reference: () => reference,
      referenceName: 'the fault',
      observeFor: Math.max(observationOf(scenario.observe, scenario.expect), last - (prepared[0]?.fault.at ?? 0)),
      settled: (index, outcome) => {
        if (!failed.signal.aborted && !signal.aborted)
          findings.add('expect', index, scenario.expect[index], outcome.finding, outcome)
      },
    },
  )
  const [ended] = await Promise.allSettled([injecting, observing])
  if (ended.status === 'rejected') throw ended.reason
}

function prepareFault(fault: LoadedFault, context: RunContext): PreparedFault {
  const kind = registries.fault[fault.kind]
  if (kind === undefined) throw new Error(`no fault kind ${fault.kind}`)
  return { fault, ...kind.prepare(fault.spec as never, context) }
}
