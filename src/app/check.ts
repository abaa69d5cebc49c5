import { writeFileSync } from 'node:fs'
import { EnvironmentError, messageOf } from '../model/errors.ts'
import { startedEarly } from '../regression/check/early.ts'

export interface CheckCommandOptions {
  readonly cache?: boolean
  readonly changed?: string
  readonly junit?: string
  readonly github?: boolean
  readonly json?: boolean
}

/** `genesis-drill check`: prints what failed and why; gives the exit code. */
export async function checkCommand(paths: readonly string[], options: CheckCommandOptions): Promise<number> {
  const [only] = paths.length === 1 && options.changed === undefined ? paths : []
  const early = only === undefined ? undefined : startedEarly(only)
  const { check } = await import('../regression/check/index.ts')
  const print = await import('../regression/check/print.ts')
  const report = await check(paths, { cache: options.cache, changed: options.changed, early })
  if (options.junit !== undefined) writeReport(options.junit, print.printJunit(report))
  if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  else process.stdout.write(`${print.printReport(report)}\n`)
  if (options.github) for (const line of print.printGithub(report)) process.stdout.write(`${line}\n`)
  return print.exitCode(report.checked)
}

function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (thrown) {
    throw new EnvironmentError(`${file} cannot be written: ${messageOf(thrown)}`, { cause: thrown })
  }
}
