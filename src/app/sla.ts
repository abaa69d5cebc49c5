import { readFile, writeFile } from 'node:fs/promises'
import { EnvironmentError, exitCodes, messageOf, ScenarioError } from '../model/errors.ts'
import { evaluate, type SlaReport } from '../sla/evaluate.ts'
import { readSlaTable, type SlaTable } from '../sla/file.ts'
import { slaPage } from '../sla/page.ts'
import { prometheusAt } from '../sla/prometheus.ts'
import { parseWindow } from '../sla/window.ts'
import {
  complianceText,
  currentText,
  leftText,
  minutes,
  targetText,
  usedText,
  windowText,
  worstText,
} from '../sla/words.ts'
import { columns } from './columns.ts'

export interface SlaOptions {
  readonly prometheus: string
  /** A duration, `month` (this calendar month, UTC) or one such as `2026-10`. */
  readonly window: string
  readonly json?: boolean
  readonly html?: string
}

/** `genesis-drill sla`: an SLA table against a Prometheus, now and over a window, with its error budgets. */
export async function slaCommand(file: string, options: SlaOptions): Promise<number> {
  const table = await readTable(file)
  const now = Math.floor(Date.now() / 1000)
  const window = parseWindow(options.window, now)
  if (window === undefined)
    throw new EnvironmentError(
      `--window ${JSON.stringify(options.window)} is no window: expected a duration such as 30d, "month" for this calendar month, or a month that has begun such as 2026-10`,
    )
  const report = await evaluate(table, prometheusAt(options.prometheus), now, window)
  if (options.html !== undefined) await writePage(options.html, report)
  process.stdout.write(options.json ? `${JSON.stringify(forMachines(report), null, 2)}\n` : forPeople(report))
  if (options.html !== undefined && options.json !== true) process.stdout.write(`\nPage: ${options.html}\n`)
  return exitCodes[report.verdict]
}

async function readTable(file: string): Promise<SlaTable> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new ScenarioError([{ file, message: `cannot be read: ${messageOf(error)}` }], { cause: error })
  }
  return readSlaTable(text, file)
}

async function writePage(file: string, report: SlaReport): Promise<void> {
  try {
    await writeFile(file, slaPage(report))
  } catch (error) {
    throw new EnvironmentError(`the page cannot be written to ${file}: ${messageOf(error)}`, { cause: error })
  }
}

function forPeople(report: SlaReport): string {
  const { results } = report
  return [
    `${report.table.title}, from ${report.prometheus}`,
    windowText(report),
    '',
    columns(
      ['SLA', 'PROMISED', 'NOW', '', 'COMPLIED', 'ALLOWED', 'USED', 'LEFT', ''],
      results.map(result => [
        result.sla.name,
        targetText(result),
        currentText(result),
        result.now.verdict,
        complianceText(result),
        minutes(result.window.budget.allowed),
        usedText(result),
        leftText(result),
        result.window.verdict,
      ]),
    ),
    ...results.flatMap(result => [
      ...(result.now.verdict === 'met' ? [] : [`${result.sla.name} now: ${result.now.reason}`]),
      ...(result.window.verdict === 'met'
        ? []
        : [`${result.sla.name} over the window: ${result.window.reason}; worst ${worstText(result)}`]),
    ]),
    '',
    `Verdict: ${report.verdict}`,
    '',
  ].join('\n')
}

/** JSON knows neither NaN nor infinities; as texts they survive. */
function forMachines({ table, prometheus, at, window, verdict, results }: SlaReport) {
  const number = (value: number) => (Number.isFinite(value) ? value : String(value))
  return {
    title: table.title,
    file: table.file,
    prometheus,
    at,
    window,
    verdict,
    slas: results.map(({ sla, now, window: over }) => ({
      name: sla.name,
      query: sla.query,
      operator: sla.operator,
      target: sla.target,
      unit: sla.unit,
      availability: sla.availability,
      now: { ...now, ...(now.worst && { worst: { ...now.worst, value: number(now.worst.value) } }) },
      window: {
        verdict: over.verdict,
        reason: over.reason,
        compliantShare: over.compliant,
        errorBudgetSeconds: over.budget,
        worst: over.worst && { ...over.worst, value: number(over.worst.value) },
      },
    })),
  }
}
