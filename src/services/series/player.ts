import {
  countValues,
  parseSeriesName,
  parseValues,
  type SeriesName,
  type ValueRun,
  valueAt,
} from '../../promql/series-notation.ts'

/** How long Prometheus shows a value that is not followed by another one; drill seconds. */
const LOOKBACK = 300

export interface PlayedSeries extends SeriesName {
  readonly runs: readonly ValueRun[]
}

export interface SeriesProblem {
  readonly selector: string
  readonly message: string
}

/** Reads series in promtool's notation. */
export function readSeries(series: Readonly<Record<string, string>>): {
  readonly series: readonly PlayedSeries[]
  readonly problems: readonly SeriesProblem[]
} {
  const read: PlayedSeries[] = []
  const problems: SeriesProblem[] = []
  for (const [selector, notation] of Object.entries(series)) {
    const name = parseSeriesName(selector)
    const runs = parseValues(notation)
    if ('error' in name) problems.push({ selector, message: `${selector}: ${name.error}` })
    if ('error' in runs)
      problems.push({ selector, message: `${notation}: ${runs.error} (at character ${runs.at + 1})` })
    if (!('error' in name) && !('error' in runs)) {
      if (countValues(runs) === 0) problems.push({ selector, message: `${selector}: there are no values to play` })
      else read.push({ ...name, runs })
    }
  }
  return { series: read, problems }
}

/**
 * What an instant query would show of the series at this many drill seconds after the start of the play. A missing sample is bridged as
 * Prometheus bridges it; the last value stays, since a real exporter does not end with a table.
 */
export function shownAt(runs: readonly ValueRun[], interval: number, drillSeconds: number): number | undefined {
  const count = countValues(runs)
  const index = Math.max(0, Math.floor(drillSeconds / interval + 1e-9))
  const last = valueAt(runs, count - 1)
  if (index >= count && typeof last === 'number') return last
  for (let back = index; back >= 0 && (index - back) * interval < LOOKBACK; back--) {
    const value = valueAt(runs, back)
    if (value === 'stale') return undefined
    if (value !== 'missing') return value
  }
  return undefined
}

/** Metrics whose values are instants, as their names say. */
export function isTimestamp(metric: string): boolean {
  return /_timestamp(_seconds)?$|_created$|^process_start_time_seconds$/.test(metric)
}
