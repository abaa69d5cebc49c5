import { messageOf } from '../model/errors.ts'
import type { Evidence } from '../model/finding.ts'
import type { StepRecord } from '../model/record.ts'
import { StepFailure } from '../model/step-failure.ts'
import { withLimit } from './limit.ts'
import type { LoadedStep } from './load/scenario.ts'
import type { Timeline } from './timeline.ts'

export interface Recovery {
  readonly steps: readonly StepRecord[]
  /** Which step ended it, and why. */
  readonly failure?: string
}

/**
 * The runbook, one step after the other, each with its own limit in wall time. A step that fails or hangs ends it: the steps behind it are
 * recorded as not run.
 */
export async function recover(
  list: readonly LoadedStep[],
  perform: (step: LoadedStep) => Promise<readonly Evidence[]>,
  timeline: Timeline,
  signal: AbortSignal,
): Promise<Recovery> {
  const steps: StepRecord[] = []
  let failure: string | undefined
  for (const [step, chosen] of list.entries()) {
    const subject = { action: chosen.kind, name: chosen.name, step }
    if (failure !== undefined || signal.aborted) {
      const at = timeline.clock.now()
      steps.push({ ...subject, startedAt: at, outcome: 'not run', evidence: [] })
      continue
    }
    const startedAt = timeline.append({ event: 'action.started', ...subject }).at
    let message: string | undefined
    let evidence: readonly Evidence[] = []
    try {
      evidence = await withLimit(
        () => perform(chosen),
        chosen.limit * 1000,
        `step ${step + 1}, ${chosen.name},`,
        signal,
      )
    } catch (thrown) {
      message = messageOf(thrown)
      if (thrown instanceof StepFailure) evidence = thrown.evidence
      failure = `recovery ended at step ${step + 1}, ${chosen.name}: ${message}`
    }
    const outcome = message === undefined ? 'done' : 'failed'
    const said = message === undefined ? {} : { message }
    const endedAt = timeline.append({ event: 'action.ended', ...subject, outcome, ...said, evidence }).at
    steps.push({ ...subject, startedAt, endedAt, outcome, ...said, evidence })
  }
  return { steps, ...(failure === undefined ? {} : { failure }) }
}
