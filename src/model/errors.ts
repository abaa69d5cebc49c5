/** Errors are about the harness; what is wrong with the system under test is a Finding. */

/** One thing wrong in an author's file. Line and column count from 1. */
export interface Problem {
  readonly file: string
  readonly line?: number
  readonly column?: number
  /** What is wrong, what was expected, the nearest known name. */
  readonly message: string
}

/** `file:line:column: message`, the form that editors and CI systems link. */
export function formatProblem({ file, line, column, message }: Problem): string {
  const place = [file, line, line === undefined ? undefined : column].filter(part => part !== undefined).join(':')
  return `${place}: ${message}`
}

/** The author's files are wrong (exit 64). Carries every problem of every file. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError'
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(formatProblem).join('\n'), options)
    this.problems = problems
  }
}

/** The surroundings failed: a missing binary, an image, a port, a service that died while booting (exit 69). */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
  /** What the person at the keyboard should do. */
  readonly advice: string | undefined
  /** The last lines that the service wrote. */
  readonly lastLog: string | undefined
  constructor(message: string, details: { advice?: string; lastLog?: string; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.advice = details.advice
    this.lastLog = details.lastLog
  }
}

/** Something stayed damaged (exit 3). Each entry says what, and the command that undoes it. */
export class RollbackError extends Error {
  override readonly name = 'RollbackError'
  readonly damage: readonly { what: string; undo: string; cause: unknown }[]
  constructor(damage: readonly { what: string; undo: string; cause: unknown }[]) {
    super(damage.map(({ what, undo, cause }) => `${what} (${messageOf(cause)}); to undo: ${undo}`).join('\n'))
    this.damage = damage
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') return thrown.errors.map(messageOf).join('; ')
  return thrown instanceof Error ? thrown.message : String(thrown)
}

export const exitCodes = {
  met: 0,
  unmet: 1,
  unknown: 2,
  rollbackFailed: 3,
  author: 64,
  environment: 69,
  bug: 70,
} as const
