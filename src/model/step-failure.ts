import type { Evidence } from './finding.ts'

/** A step of the runbook that could not be done, with what it saw. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure'
  readonly evidence: readonly Evidence[]
  constructor(message: string, evidence: readonly Evidence[] = [], options?: ErrorOptions) {
    super(message, options)
    this.evidence = evidence
  }
}
