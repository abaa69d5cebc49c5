import { relative } from 'node:path'
import { styleText } from 'node:util'
import { readableDuration } from '../model/duration.ts'
import type { Measure, RunRecord, ScenarioRecord } from '../model/record.ts'
import type { Verdict } from '../model/verdict.ts'
import type { WrittenReport } from '../reports/index.ts'

const COLOUR = { met: 'green', unmet: 'red', unknown: 'yellow' } as const

/** The end of a run for people: a table of scenarios, what was not met and why, what stayed damaged, where the reports are. */
export function resultLines(
  record: RunRecord,
  written: readonly WrittenReport[],
  stream: NodeJS.WritableStream,
): readonly string[] {
  const coloured = (verdict: Verdict) => styleText(COLOUR[verdict], verdict.padEnd(7), { stream })
  const width = Math.max(8, ...record.scenarios.map(({ scenario }) => scenario.length))
  const rows = record.scenarios.map(
    one =>
      `${coloured(one.verdict)}  ${one.scenario.padEnd(width)}  ${figures(one) || `${met(one)} of ${one.findings.length} expectations met`}`,
  )
  const seconds = (record.endedAt - record.startedAt) / 1000
  return [
    '',
    ...rows,
    '',
    ...record.scenarios.flatMap(troubles),
    `${coloured(record.verdict).trimEnd()}: ${record.drill.title}, ${record.scenarios.length} scenario${record.scenarios.length === 1 ? '' : 's'} in ${readableDuration(seconds)}`,
    ...(record.failure === undefined ? [] : [record.failure.message]),
    ...paths(written),
  ]
}

function met({ findings }: ScenarioRecord): number {
  return findings.filter(({ verdict }) => verdict === 'met').length
}

/** The measures that have an objective, or else those that tell most. */
function figures({ measures }: ScenarioRecord): string {
  const shown = measures.filter(({ name, value }) => value !== undefined && NAMES[name] !== undefined)
  return shown.slice(0, 4).map(figure).join(', ')
}

const NAMES: Partial<Record<Measure['name'], string>> = {
  timeToDetect: 'detected',
  timeToNotify: 'notified',
  recoveryTime: 'recovered',
  dataLossRows: 'lost',
}

function figure({ name, value = 0, unit, time, objective }: Measure): string {
  const amount = unit === 'rows' ? `${value} row${value === 1 ? '' : 's'}` : readableDuration(value)
  const clock = unit === 'rows' || time === 'drill' ? '' : ' wall'
  const promised = objective === undefined ? '' : ` of ${unit === 'rows' ? objective : readableDuration(objective)}`
  return `${NAMES[name]} ${amount}${promised}${clock}`
}

function troubles({
  scenario,
  findings,
  steps,
  errors,
  damage,
  fidelity,
  measures,
  verdict,
}: ScenarioRecord): string[] {
  if (verdict === 'met') return []
  const lines = [
    ...errors.flatMap(({ message, advice, lastLog }) => [
      message,
      ...(lastLog === undefined || lastLog.trim() === ''
        ? []
        : lastLog
            .trimEnd()
            .split('\n')
            .map(line => `  | ${line}`)),
      ...(advice === undefined ? [] : [advice]),
    ]),
    ...findings
      .filter(one => one.verdict !== 'met' && errors.length === 0)
      .map(one => `${one.verdict}: ${one.expectation}: ${one.message}`),
    ...steps
      .filter(({ outcome }) => outcome === 'failed')
      .map(({ name, message }) => `unmet: step ${name}: ${message}`),
    ...measures
      .filter(one => one.verdict !== 'met' && errors.length === 0)
      .map(one => `${one.verdict}: ${one.name} of ${one.subject}: ${one.reason ?? figure(one)}`),
    ...(fidelity.verdict === 'met' || errors.length > 0 ? [] : [`${fidelity.verdict}: ${fidelity.message}`]),
    ...damage.map(({ what, undo }) => `still damaged: ${what}; to undo: ${undo}`),
  ]
  return [`${scenario}:`, ...lines.map(line => `  ${line}`), '']
}

/** The page for people comes last. */
function paths(written: readonly WrittenReport[]): string[] {
  const page = written.find(({ name }) => name === 'html') ?? written.at(0)
  return page === undefined ? [] : [`Report: ${relative(process.cwd(), page.path) || page.path}`]
}
