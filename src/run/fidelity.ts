import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { MetricsTarget } from '../model/abilities.ts'
import { parseDuration } from '../model/duration.ts'
import type { Evidence, Finding } from '../model/finding.ts'
import { queryAnswer, targetsAnswer } from './monitoring/answers.ts'
import type { Engine } from './monitoring/engine.ts'
import { ranOutOfTime, scrapeTimes } from './pace.ts'

/** Counters of one moment; two of them tell what happened in between. */
interface Counters {
  readonly missed: number
  readonly iterations: number
  /** Real spacing of scrapes, by the interval that was wanted. */
  readonly spacing: ReadonlyMap<string, { readonly sum: number; readonly count: number }>
  readonly slowestScrape: number
  /** Targets whose last scrape ran out of time. */
  readonly late: readonly string[]
}

export interface FidelityGuard extends Disposable {
  /** From here on it counts. */
  start(): Promise<void>
  /** Did the engines and the harness keep the pace since then? Asked while nothing is broken. */
  judge(): Promise<Finding & { readonly slowestMs: number | undefined }>
}

/** More than this share of evaluations missed, or scrapes this much too far apart, and timing means nothing. */
const MISSED_SHARE = 0.1
const SPACING_FACTOR = 1.25
/** Below this many, one miss is chance. */
const FEW = 10
/** More than this share of scrapes out of time, and a series has holes in which alerts resolve. */
const SLOW_SHARE = 0.05

interface Guarded {
  readonly prometheus: Engine
  readonly targets: readonly MetricsTarget[]
  /** Instances that the harness itself plays and that no fault touches: their scrapes are slow only when the machine is. */
  readonly steadyInstances: readonly string[]
  /** Wall milliseconds that a scrape may take. */
  readonly scrapeMs: number
  readonly timeScale: number
  /** The scaled evaluation interval. */
  readonly intervalMs: number
}

/** Prometheus's own counters and the harness's own delay, against what the time scale wants. */
export function guardFidelity({
  prometheus,
  targets,
  steadyInstances,
  scrapeMs,
  timeScale,
  intervalMs,
}: Guarded): FidelityGuard {
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  let before: Counters | undefined
  let since = performance.now()

  return {
    async start() {
      before = await read(prometheus)
      delay.reset()
      since = performance.now()
    },
    async judge() {
      const after = await read(prometheus)
      const late = delay.percentile(99) / 1e6
      const spacings = [...after.spacing].flatMap(([wanted, { sum, count }]) => {
        const base = before?.spacing.get(wanted) ?? { sum: 0, count: 0 }
        const scrapes = count - base.count
        return scrapes < FEW ? [] : [{ wanted, scrapes, mean: (sum - base.sum) / scrapes }]
      })
      const slow = await slowShare(prometheus, steadyInstances, performance.now() - since, scrapeMs)
      const slowestMs = after.late.length === 0 ? undefined : Math.max(0, ...(await scrapeTimes(targets)))
      const missed = after.missed - (before?.missed ?? 0)
      // Prometheus counts the missed ones among the scheduled ones.
      const evaluations = after.iterations - (before?.iterations ?? 0)
      const trouble = [
        ...(missed > 2 && missed / evaluations > MISSED_SHARE
          ? [`${missed} of ${evaluations} rule evaluations were missed`]
          : []),
        ...spacings
          .filter(({ wanted, mean }) => mean > SPACING_FACTOR * seconds(wanted))
          .map(({ wanted, mean }) => `scrapes wanted every ${wanted} came every ${Math.round(mean * 1000)} ms`),
        ...(slow > SLOW_SHARE
          ? [`${Math.round(slow * 100)} % of the scrapes of the harness's own pages ran out of time`]
          : []),
        // A target that answers nobody is broken, not slow.
        ...(slowestMs === undefined || slowestMs === 0
          ? []
          : [`scrapes of ${after.late.join(', ')} ran out of time; one takes ${Math.round(slowestMs)} ms`]),
        ...(late > Math.max(100, 2 * intervalMs) ? [`the harness itself was ${Math.round(late)} ms late`] : []),
      ]
      const evidence = paceEvidence({
        timeScale,
        missed,
        evaluations,
        spacings,
        late,
        slowestScrape: after.slowestScrape,
      })
      if (trouble.length === 0)
        return { verdict: 'met', message: `the engines kept pace at time scale ${timeScale}`, evidence, slowestMs }
      return {
        verdict: 'unknown',
        message: `time scale ${timeScale} is too high: ${trouble.join('; ')}`,
        evidence,
        slowestMs,
      }
    },
    [Symbol.dispose]: () => void delay.disable(),
  }
}

function paceEvidence(figures: {
  timeScale: number
  missed: number
  evaluations: number
  spacings: readonly { wanted: string; scrapes: number; mean: number }[]
  late: number
  slowestScrape: number
}): Evidence[] {
  const milliseconds = (value: number) => Math.round(value * 10) / 10
  return [
    {
      kind: 'values',
      title: 'Pace of the engines',
      values: {
        'time scale': figures.timeScale,
        'rule evaluations': figures.evaluations,
        'rule evaluations missed': figures.missed,
        'slowest last scrape (ms)': milliseconds(figures.slowestScrape * 1000),
        'harness delay, 99th percentile (ms)': milliseconds(figures.late),
      },
    },
    {
      kind: 'table',
      title: 'Spacing of scrapes',
      columns: ['wanted', 'scrapes', 'mean (ms)'],
      rows: figures.spacings.map(({ wanted, scrapes, mean }) => [wanted, scrapes, milliseconds(mean * 1000)]),
    },
  ]
}

async function read(prometheus: Engine): Promise<Counters> {
  const [text, targets] = await Promise.all([
    prometheus.text('/metrics'),
    prometheus.json('/api/v1/targets', { state: 'active' }),
  ])
  const spacing = new Map<string, { sum: number; count: number }>()
  let missed = 0
  let iterations = 0
  for (const line of text.split('\n')) {
    const [, name = '', labels = '', value = ''] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === 'prometheus_rule_group_iterations_missed_total') missed += Number(value)
    else if (name === 'prometheus_rule_group_iterations_total') iterations += Number(value)
    else if (
      name === 'prometheus_target_interval_length_seconds_sum' ||
      name === 'prometheus_target_interval_length_seconds_count'
    ) {
      const interval = /interval="([^"]*)"/.exec(labels)?.[1] ?? ''
      const entry = spacing.get(interval) ?? { sum: 0, count: 0 }
      spacing.set(
        interval,
        name.endsWith('_sum') ? { ...entry, sum: Number(value) } : { ...entry, count: Number(value) },
      )
    }
  }
  const { activeTargets } = targetsAnswer.parse(targets).data
  const durations = activeTargets.map(({ lastScrapeDuration }) => lastScrapeDuration)
  const late = activeTargets.filter(({ lastError }) => ranOutOfTime(lastError)).map(({ scrapeUrl }) => scrapeUrl)
  return { missed, iterations, spacing, slowestScrape: Math.max(0, ...durations), late }
}

/** Which share of these instances' scrapes in the last `windowMs` took all the time that they had. */
async function slowShare(
  prometheus: Engine,
  instances: readonly string[],
  windowMs: number,
  limitMs: number,
): Promise<number> {
  if (instances.length === 0 || windowMs < 1) return 0
  const query = `scrape_duration_seconds[${Math.ceil(windowMs)}ms]`
  const { data } = queryAnswer.parse(await prometheus.json('/api/v1/query', { query }))
  if (data.resultType !== 'matrix') return 0
  const took = data.result
    .filter(({ metric }) => instances.includes(metric['instance'] ?? ''))
    .flatMap(({ values }) => values.map(([, value]) => Number(value) * 1000))
  if (took.length < FEW) return 0
  return took.filter(milliseconds => milliseconds >= 0.9 * limitMs).length / took.length
}

/** Prometheus writes the interval as a duration: `250ms`, `1m0s`. */
function seconds(interval: string): number {
  return parseDuration(interval) ?? Number.POSITIVE_INFINITY
}
