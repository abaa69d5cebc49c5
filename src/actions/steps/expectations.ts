import { z } from 'zod'
import { wallDuration } from '../../model/fields.ts'
import type { Evidence, Finding } from '../../model/finding.ts'
import { StepFailure } from '../../model/step-failure.ts'

/** An expectation as it stands in YAML; `run` decodes it, and finds its mistakes before anything boots. */
export const expectation = z.looseObject({ kind: z.string().min(1) }).describe('an expectation, without timing')

export const within = wallDuration.default(60).describe('how long the step waits for it (wall time: never scaled)')

/** Throws the step's failure unless every finding is met. The evidence of all of them is kept. */
export function demand(findings: readonly Finding[], seconds: number): readonly Evidence[] {
  const evidence: Evidence[] = findings.flatMap(({ verdict, message, evidence }) => [
    { kind: 'text', title: verdict, text: message } as const,
    ...evidence,
  ])
  const open = findings.filter(({ verdict }) => verdict !== 'met')
  if (open.length === 0) return evidence
  const reasons = open.map(({ verdict, message }) => (verdict === 'unknown' ? `unknown: ${message}` : message))
  throw new StepFailure(
    `${open.length} of ${findings.length} expectations ${open.length === 1 ? 'is' : 'are'} not met after ${seconds} s: ${reasons.join('; ')}`,
    evidence,
  )
}
