import { writeFileSync } from 'node:fs'
import { EnvironmentError, exitCodes, messageOf } from '../model/errors.ts'
import { mutate } from '../regression/mutate/index.ts'
import { printMutation } from '../regression/mutate/print.ts'

export interface MutateCommandOptions {
  readonly rules: readonly string[]
  readonly alertmanager?: string
  readonly html?: string
  readonly min?: number
  readonly json?: boolean
}

/** `genesis-drill mutate`: prints the score and what nobody would notice; exit 1 below `--min`. */
export async function mutateCommand(tests: readonly string[], options: MutateCommandOptions): Promise<number> {
  const { min, json, html, rules, alertmanager } = options
  const report = await mutate(tests, { rules, alertmanager })
  process.stdout.write(`${json ? JSON.stringify(report, null, 2) : printMutation(report)}\n`)
  if (html !== undefined) {
    const { mutationPage } = await import('../regression/mutate/page.ts')
    try {
      writeFileSync(html, mutationPage(report, new Date()))
    } catch (thrown) {
      throw new EnvironmentError(`${html} cannot be written: ${messageOf(thrown)}`, { cause: thrown })
    }
  }
  if (min === undefined || report.percent >= min) return exitCodes.met
  process.stderr.write(`${report.percent.toFixed(1)} % is below the ${min} % that --min asks for\n`)
  return exitCodes.unmet
}
