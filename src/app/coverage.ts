import { exitCodes } from '../model/errors.ts'
import { coverage } from '../regression/coverage/index.ts'
import { printCoverage } from '../regression/coverage/print.ts'

export interface CoverageCommandOptions {
  readonly rules: readonly string[]
  readonly alertmanager?: string
  readonly reports?: string
  readonly min?: number
  readonly json?: boolean
}

/** `genesis-drill coverage`: prints what no test exercises; exit 1 below `--min`. */
export async function coverageCommand(tests: readonly string[], options: CoverageCommandOptions): Promise<number> {
  const { min, json, ...wanted } = options
  const report = await coverage(tests, wanted)
  process.stdout.write(`${json ? JSON.stringify(report, null, 2) : printCoverage(report)}\n`)
  if (min === undefined || report.percent >= min) return exitCodes.met
  process.stderr.write(`${report.percent.toFixed(1)} % is below the ${min} % that --min asks for\n`)
  return exitCodes.unmet
}
