import type { ReportFormat, RunRecord } from '../model/record.ts'
import { deliveries, troubles, untold } from './facts.ts'
import { verdictSign } from './parts.ts'
import { headline, instant, measuredValue, measureName, objectiveValue, timeScales, wallDuration } from './words.ts'

/** Markdown for a CI job's summary page or a chat: the first screen of the report. */
export const summary: ReportFormat = {
  summary: 'the result on one screen, as Markdown for a CI job summary or a chat',
  file: 'summary.md',
  contentType: 'text/markdown; charset=utf-8',
  render: renderSummary,
}

function renderSummary(record: RunRecord): string {
  const found = troubles(record)
  const measures = record.scenarios.flatMap(({ scenario, measures: taken }) =>
    taken.map(measure => ({ scenario, measure })),
  )
  const told = record.scenarios.flatMap(scenario => [
    ...deliveries(scenario).map(({ alert, receiver, integration, status }) => [alert, receiver, integration, status]),
    ...untold(scenario).map(alert => [alert, 'NOBODY', '', 'firing']),
  ])
  return [
    `## ${verdictSign(record.verdict)} ${escapeMarkdown(record.drill.title)}: ${record.verdict}`,
    escapeMarkdown(headline(record)),
    table(
      ['Scenario', 'System', 'Verdict', 'Time scale', 'Wall time'],
      record.scenarios.map(({ title, system, verdict, timeScale, startedAt, endedAt }) => [
        title,
        system,
        `${verdictSign(verdict)} ${verdict}`,
        timeScales([{ timeScale }]),
        wallDuration(endedAt - startedAt),
      ]),
    ),
    ...(found.length === 0
      ? []
      : [
          '### What is wrong, and why',
          found
            .map(({ scenario, verdict, message, advice }) =>
              escapeMarkdown(
                `${verdictSign(verdict)} ${verdict}: ${scenario === '' ? '' : `${scenario}: `}${message}${advice === undefined ? '' : ` (${advice})`}`,
              ),
            )
            .map(line => `- ${line}`)
            .join('\n'),
        ]),
    ...(measures.length === 0
      ? []
      : [
          '### Promised and measured',
          table(
            ['Scenario', 'Measure', 'Promised', 'Measured', 'Time', 'Verdict'],
            measures.map(({ scenario, measure }) => [
              scenario,
              `${measureName(measure)}: ${measure.subject}`,
              objectiveValue(measure) ?? '',
              measuredValue(measure) ?? 'NOT MEASURED',
              measure.time,
              `${verdictSign(measure.verdict)} ${measure.verdict}`,
            ]),
          ),
        ]),
    ...(told.length === 0
      ? []
      : ['### Which alert reached whom', table(['Alert', 'Receiver', 'Integration', 'Status'], told)]),
    escapeMarkdown(
      `Run ${record.run}, ${instant(record.startedAt)}, wall time ${wallDuration(record.endedAt - record.startedAt)}, ${record.runtime} runtime. Detection and notification are drill time, recovery and data loss wall time.`,
    ),
    '',
  ].join('\n\n')
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`
  return [line(columns), `|${' --- |'.repeat(columns.length)}`, ...rows.map(line)].join('\n')
}

/** Plain text in Markdown and in the HTML that Markdown lets through; nobody is mentioned, nothing is linked. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .replaceAll(/[\\`*_[\]|~#]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', '&#64;')
    .replaceAll('://', '&#58;//')
    .replace(/^(\s*)([-+]|\d+[.)])(\s)/, '$1\\$2$3')
}
