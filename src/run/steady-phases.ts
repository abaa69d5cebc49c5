import type { Finding } from '../model/finding.ts'
import { observationOf } from './cadence.ts'
import { watch } from './expectations.ts'
import type { Observed } from './observation.ts'
import { observe } from './observe.ts'
import type { RunningProbe } from './probes.ts'
import { servedClients } from './served.ts'
import { awaitSteady } from './steady.ts'

type Probes = ReadonlyMap<string, RunningProbe>

/** Wall milliseconds for the steady state to come, whatever the time scale. */
export const SETTLE_MS = 20_000
/** Wall milliseconds. */
const NOISE_MS = 1000
/** Drill seconds for it to come back, where that is longer. */
const SETTLE_AGAIN = 600

/** The steady state before the fault. False: nothing may be broken. */
export async function steadyBefore(
  { scenario, context, timeline, cadence, findings, signal }: Observed,
  probes: Probes,
): Promise<boolean> {
  const { clock } = timeline
  const { scrapeInterval, evaluationInterval } = scenario.monitoring
  const round = clock.wallMilliseconds(scrapeInterval + evaluationInterval)
  const served = servedClients(scenario, probes, Number.NEGATIVE_INFINITY)
  const watched = [...scenario.steady.map(expectation => watch(expectation, context)), ...served.watched]
  const { steady, findings: found } = await awaitSteady(watched, {
    // At least one round of scrape and evaluation, and where those are short, long enough to see noise.
    holdMs: Math.max(clock.wallMilliseconds(scenario.steadyFor), round, Math.min(5 * round, NOISE_MS)),
    limitMs: Math.max(SETTLE_MS, 5 * round),
    cadence,
    signal,
  })
  const expectations = [...scenario.steady, ...served.expectations]
  for (const [index, finding] of found.entries())
    findings.add('steady', index, expectations[index], asPrecondition(finding))
  signal.throwIfAborted()
  return steady
}

/** What must be so after recovery, and the steady state once more. */
export async function afterwards(
  { scenario, context, timeline, cadence, findings, signal }: Observed,
  probes: Probes,
): Promise<void> {
  const recoveredAt = timeline.clock.now()
  await observe(
    scenario.after.map(expectation => watch(expectation, context)),
    {
      clock: timeline.clock,
      cadence,
      signal,
      reference: () => recoveredAt,
      referenceName: 'recovery',
      observeFor: observationOf(0, scenario.after),
      settled: (index, outcome) => {
        if (!signal.aborted) findings.add('after', index, scenario.after[index], outcome.finding, outcome)
      },
    },
  )
  const served = servedClients(scenario, probes, recoveredAt)
  const { findings: found } = await awaitSteady(
    [...scenario.steady.map(expectation => watch(expectation, context)), ...served.watched],
    {
      holdMs: 0,
      limitMs: Math.max(SETTLE_MS, timeline.clock.wallMilliseconds(SETTLE_AGAIN)),
      cadence,
      signal,
    },
  )
  signal.throwIfAborted()
  for (const [index, expectation] of [...scenario.steady, ...served.expectations].entries()) {
    const finding = found[index]
    if (finding === undefined) continue
    const again = { ...expectation, text: `steady state again: ${expectation.text}` }
    findings.add('after', scenario.after.length + index, again, finding)
  }
}

/** A steady state that is not there says nothing about the system under the fault. */
function asPrecondition(finding: Finding): Finding {
  return finding.verdict === 'unmet'
    ? { ...finding, verdict: 'unknown', message: `no steady state: ${finding.message}` }
    : finding
}
