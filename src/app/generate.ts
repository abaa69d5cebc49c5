import { exitCodes } from '../model/errors.ts'
import type { GenerateReport } from '../regression/generate/index.ts'

export interface GenerateCommandOptions {
  readonly rules: readonly string[]
  readonly alertmanager?: string
  readonly out: string
  readonly json?: boolean
}

/** `genesis-drill generate`: writes the tests and tells what they show and what stays open; gives the exit code. */
export async function generateCommand(options: GenerateCommandOptions): Promise<number> {
  const { generate } = await import('../regression/generate/index.ts')
  const report = await generate({
    ...options,
    progress: (done, of) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${of} rules${done === of ? '\n' : ''}`)
    },
  })
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : `${printGenerated(report)}\n`)
  return report.alerts.every(({ fires }) => fires) ? exitCodes.met : exitCodes.unmet
}

/** What was written, and what is open with its reason. */
export function printGenerated({ alerts, recordings, routes, seconds }: GenerateReport): string {
  const count = (holds: (alert: GenerateReport['alerts'][number]) => boolean) => alerts.filter(holds).length
  const lines = [
    `${alerts.length} alerts in ${seconds.toFixed(1)} s: ${count(({ fires }) => fires)} fire, ${count(({ quiet }) => quiet)} stay quiet, ${count(({ resolves }) => resolves)} resolve as generated`,
  ]
  for (const { alert, file, line, open } of alerts)
    for (const reason of open) lines.push(`${file}:${line}: ${alert}: ${reason}`)
  if (recordings.length > 0) {
    const shown = recordings.filter(({ tests }) => tests !== undefined).length
    lines.push(`${shown} of ${recordings.length} recording rules with tests of what they record`)
  }
  for (const { record, file, line, open } of recordings)
    for (const reason of open) lines.push(`${file}:${line}: ${record}: ${reason}`)
  lines.push(`${count(({ scenario }) => scenario !== undefined)} scenarios for live runs`)
  for (const { alert, file, line, noScenario } of alerts)
    if (noScenario !== undefined) lines.push(`${file}:${line}: ${alert} has no scenario: ${noScenario}`)
  if (routes !== undefined) {
    lines.push(`${routes.tests} route tests in ${routes.file}`)
    for (const reason of routes.open) lines.push(`${routes.file}: ${reason}`)
  }
  return lines.join('\n')
}
