import { EnvironmentError, exitCodes, messageOf, RollbackError, ScenarioError } from '../model/errors.ts'

/** Tells what ended the command and gives its exit code. A defect of ours shows its stack; anything else does not. */
export function failure(error: unknown, out: { write(text: string): unknown }): number {
  if (error instanceof ScenarioError) {
    const count = error.problems.length
    out.write(`${error.message}\n${count} problem${count === 1 ? '' : 's'}; nothing was started.\n`)
    return exitCodes.author
  }
  if (error instanceof EnvironmentError) {
    out.write(`${error.message}\n`)
    if (error.lastLog !== undefined && error.lastLog.trim() !== '')
      out.write(`Its last lines:\n${error.lastLog.trimEnd().replace(/^/gm, '  | ')}\n`)
    if (error.advice !== undefined) out.write(`${error.advice}\n`)
    return exitCodes.environment
  }
  if (error instanceof RollbackError) {
    out.write(`Still damaged:\n${error.message}\n`)
    return exitCodes.rollbackFailed
  }
  out.write(
    `This is a defect of Genesis Drill itself: ${error instanceof Error ? (error.stack ?? messageOf(error)) : messageOf(error)}\n`,
  )
  return exitCodes.bug
}
