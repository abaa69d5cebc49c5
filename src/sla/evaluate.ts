import { ScenarioError } from '../model/errors.ts'
import { type Verdict, worst } from '../model/verdict.ts'
import type { Sla, SlaTable } from './file.ts'
import { type Current, judgeNow, type OverWindow, windowJudge } from './judge.ts'
import { type Prometheus, QueryError } from './prometheus.ts'
import type { Window } from './window.ts'

export interface SlaResult {
  readonly sla: Sla
  readonly now: Current
  readonly window: OverWindow
}

export interface SlaReport {
  readonly table: SlaTable
  readonly prometheus: string
  /** Seconds since the epoch. */
  readonly at: number
  readonly window: Window
  readonly verdict: Verdict
  readonly results: readonly SlaResult[]
}

/** Prometheus refuses more than 11,000 points a series in one answer. */
const LOOKS_A_QUERY = 10_000

/** Asks Prometheus for each SLA, now and over the window. Throws ScenarioError (all at once) for queries that Prometheus refuses. */
export async function evaluate(
  table: SlaTable,
  prometheus: Prometheus,
  at: number,
  window: Window,
): Promise<SlaReport> {
  const results: SlaResult[] = []
  const problems: ConstructorParameters<typeof ScenarioError>[0][number][] = []
  for (const sla of table.slas)
    try {
      const now = await current(sla, prometheus, at)
      results.push({ sla, now, window: await overWindow(sla, prometheus, window) })
    } catch (error) {
      if (!(error instanceof QueryError)) throw error
      problems.push({ ...sla.place, message: `query of SLA ${sla.name} is refused: ${error.message}` })
    }
  if (problems.length > 0) throw new ScenarioError(problems)
  const verdict = worst(results.flatMap(({ now, window: over }) => [now.verdict, over.verdict]))
  return { table, prometheus: prometheus.shown, at, window, verdict, results }
}

async function current(sla: Sla, prometheus: Prometheus, at: number): Promise<Current> {
  try {
    return judgeNow(sla, await prometheus.now(sla.query, at))
  } catch (error) {
    if (!(error instanceof QueryError) || error.author) throw error
    return { verdict: 'unknown', series: 0, reason: `Prometheus could not answer: ${error.message}` }
  }
}

async function overWindow(sla: Sla, prometheus: Prometheus, window: Window): Promise<OverWindow> {
  const judge = windowJudge(sla, window)
  const looks = Math.round((window.to - window.from) / window.step)
  // Whole milliseconds, as Prometheus rounds them.
  const instant = (index: number) => Math.round((window.from + (index + 1) * window.step) * 1000) / 1000
  for (let first = 0; first < looks; first += LOOKS_A_QUERY) {
    const instants = Array.from({ length: Math.min(LOOKS_A_QUERY, looks - first) }, (_, index) =>
      instant(first + index),
    )
    try {
      judge.add(await prometheus.range(sla.query, instants[0] ?? 0, instants.at(-1) ?? 0, window.step), instants)
    } catch (error) {
      if (!(error instanceof QueryError) || error.author) throw error
      return judge.result(`Prometheus could not answer: ${error.message}`)
    }
  }
  return judge.result()
}
