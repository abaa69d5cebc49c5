import type { Finding } from '../model/finding.ts'
import { pause } from './limit.ts'
import { ask, type Cadence, type Watched } from './observe.ts'

export interface SteadyState {
  readonly steady: boolean
  /** One for each expectation, in order. */
  readonly findings: readonly Finding[]
}

/**
 * Waits until all expectations hold at the same time for `holdMs` without a break, at most `limitMs` wall milliseconds. Here an expectation
 * is a state, so its timing only matters as `never`, which turns it round.
 */
export async function awaitSteady(
  list: readonly Watched[],
  { holdMs, limitMs, cadence, signal }: { holdMs: number; limitMs: number; cadence: Cadence; signal: AbortSignal },
): Promise<SteadyState> {
  const started = performance.now()
  let heldSince: number | undefined
  for (;;) {
    const lookedAt = performance.now()
    const findings = await Promise.all(
      list.map(watched => ask(async () => asState(watched, await watched.look()), cadence.limitMs)),
    )
    const holds = findings.every(({ verdict }) => verdict === 'met')
    heldSince = holds ? (heldSince ?? lookedAt) : undefined
    if (heldSince !== undefined && performance.now() - heldSince >= holdMs) return { steady: true, findings }
    const overdue = performance.now() - started >= limitMs + (heldSince === undefined ? 0 : holdMs)
    if (overdue || signal.aborted)
      return { steady: false, findings: await Promise.all(list.map(reason(findings, cadence))) }
    await pause(cadence.everyMs, signal)
  }
}

function asState({ timing }: Watched, finding: Finding): Finding {
  if (timing.when !== 'never' || finding.verdict === 'unknown') return finding
  return { ...finding, verdict: finding.verdict === 'met' ? 'unmet' : 'met' }
}

/** The last look's finding, with the reasons when it is not met. */
const reason = (findings: readonly Finding[], cadence: Cadence) => async (watched: Watched, index: number) => {
  const finding = findings[index] as Finding
  if (finding.verdict === 'met') return finding
  const { evidence } = await ask(() => watched.explain(), cadence.limitMs)
  return evidence.length === 0 ? finding : { ...finding, evidence }
}
