import { dirname } from 'node:path'
import { EnvironmentError, exitCodes } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import { readRecord, renderReports, reports } from '../reports/index.ts'

export interface ReportOptions {
  readonly formats?: readonly string[]
  /** A folder; default: that of the record. */
  readonly out?: string
}

/** `genesis-drill report`: renders an old record again. Exit 69 when a format could not be written; the record's verdict is no part of it. */
export async function reportCommand(recordFile: string, options: ReportOptions): Promise<number> {
  const known = Object.keys(reports)
  const formats = options.formats ?? known
  const unknown = formats.filter(format => !known.includes(format))
  if (unknown.length > 0) throw new EnvironmentError(unknown.map(format => unknownFormat(format, known)).join('\n'))
  const record = await readRecord(recordFile)
  const failures: [string, unknown][] = []
  const written = await renderReports(record, options.out ?? dirname(recordFile), formats, (name, error) =>
    failures.push([name, error]),
  )
  for (const { path } of written) process.stdout.write(`${path}\n`)
  if (failures.length === 0) return exitCodes.met
  throw new EnvironmentError(
    failures.map(([name, error]) => `${name}: ${error instanceof Error ? error.message : String(error)}`).join('\n'),
    {
      advice: failures
        .flatMap(([, error]) => (error instanceof EnvironmentError ? (error.advice ?? []) : []))
        .join('\n'),
    },
  )
}

function unknownFormat(format: string, known: readonly string[]): string {
  const close = nearest(format, known)
  return `unknown report format ${JSON.stringify(format)}; known: ${known.join(', ')}${close === undefined ? '' : `; did you mean ${close}?`}`
}
