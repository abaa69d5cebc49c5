import { readableDuration } from '../model/duration.ts'
import type { AlertmanagerConfig } from '../monitoring/alertmanager/read.ts'
import { type AlertRule, alertRules, type RuleFile } from '../monitoring/rules/read.ts'
import { parsePromql } from '../promql/parse.ts'
import { metricNames } from '../promql/walk.ts'
import { partsOf } from './monitoring/parts.ts'

/** What limits the time scale of one scenario. Durations are drill seconds. */
export interface ScaleFacts {
  readonly asked: number | 'auto'
  readonly scrapeInterval: number
  readonly evaluationInterval: number
  readonly ruleFiles: readonly RuleFile[]
  readonly routing: AlertmanagerConfig
  /** Alerts that expectations name and that cannot be scaled with their meaning kept. */
  readonly unscalable: readonly { readonly alert: string; readonly reason: string }[]
  /** Where a metric comes from; undefined: a real exporter, wall time. */
  readonly origin: (metric: string) => 'played' | 'measured' | undefined
  /** Does Prometheus scrape anything but played series? */
  readonly realTargets: boolean
  /** The shortest time in which something that is expected must have happened. */
  readonly shortestDeadline: number | undefined
}

export interface ChosenScale {
  readonly timeScale: number
  /** What was asked and what limits it, in one sentence. */
  readonly reason: string
}

/** The engines' timers are that exact. */
const FINEST_INTERVAL_MS = 25
/** Real exporters ask a database at each scrape. */
const FINEST_REAL_SCRAPE_MS = 150
/** Real services take wall time to die and to come back. */
const SHORTEST_REAL_DEADLINE_MS = 4000
const LARGEST = 1000

/** The largest time scale at which the engines keep up and the noise of real services stays small against the thresholds. */
export function chooseTimeScale(facts: ScaleFacts): ChosenScale {
  if (facts.asked !== 'auto') return { timeScale: facts.asked, reason: `asked for: ${facts.asked}` }
  const [unscalable] = facts.unscalable
  if (unscalable !== undefined)
    return {
      timeScale: 1,
      reason: `auto: ${unscalable.alert} keeps its meaning only in real time: ${unscalable.reason}`,
    }
  const limits = [
    ...intervalLimits(facts),
    ...deadlineLimits(facts),
    ...noiseLimits(facts),
    { timeScale: LARGEST, because: 'the largest that is tried' },
  ]
  const tightest = limits.reduce((a, b) => (b.timeScale < a.timeScale ? b : a))
  return { timeScale: roundedDown(tightest.timeScale), reason: `auto: ${tightest.because}` }
}

interface Limit {
  readonly timeScale: number
  readonly because: string
}

function intervalLimits({ scrapeInterval, evaluationInterval, ruleFiles, routing, realTargets }: ScaleFacts): Limit[] {
  const cadences: [string, number][] = [
    ['the evaluation interval', evaluationInterval],
    ...ruleFiles
      .flatMap(({ groups }) => groups)
      .flatMap(({ name, interval }): [string, number][] =>
        interval === undefined ? [] : [[`the interval of rule group ${name}`, interval.value]],
      ),
    ...groupIntervals(routing),
  ]
  const finest = realTargets ? FINEST_REAL_SCRAPE_MS : FINEST_INTERVAL_MS
  return [
    limit('the scrape interval', scrapeInterval, finest),
    ...cadences.map(([what, seconds]) => limit(what, seconds, FINEST_INTERVAL_MS)),
  ]
}

function deadlineLimits({ realTargets, shortestDeadline }: ScaleFacts): Limit[] {
  if (!realTargets || shortestDeadline === undefined) return []
  return [limit('the shortest deadline', shortestDeadline, SHORTEST_REAL_DEADLINE_MS)]
}

function limit(what: string, seconds: number, finestMs: number): Limit {
  if (seconds <= 0) return { timeScale: Number.POSITIVE_INFINITY, because: what }
  return {
    timeScale: (seconds * 1000) / finestMs,
    because: `${what} of ${readableDuration(seconds)} must stay ${finestMs} ms or more`,
  }
}

function groupIntervals({ route }: AlertmanagerConfig): [string, number][] {
  const found: [string, number][] = []
  const visit = (at: NonNullable<typeof route>): void => {
    if (at.groupInterval !== undefined) found.push([`group_interval of ${at.path}`, at.groupInterval.value])
    at.routes.forEach(visit)
  }
  if (route !== undefined) visit(route)
  return found
}

/** A hiccup of a real service is dilated with the metric that is measured on it: threshold and `for` must stay large against it. */
function noiseLimits({ ruleFiles, origin }: ScaleFacts): Limit[] {
  return ruleFiles.flatMap(alertRules).flatMap(rule => {
    const expression = parsePromql(rule.expr.value)
    if ('error' in expression || ![...metricNames(expression)].some(metric => origin(metric) === 'measured')) return []
    return [...waits(rule), ...thresholds(rule, origin)].map(({ what, seconds }) => ({
      timeScale: Math.max(1, seconds),
      because: `${what} of ${rule.name}, ${readableDuration(seconds)}, is measured on a real service and must stay one wall second or more`,
    }))
  })
}

const waits = (rule: AlertRule) =>
  rule.for === undefined || rule.for.value === 0 ? [] : [{ what: 'for', seconds: rule.for.value }]

const UNITS: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 }

/** Thresholds that are a time, told by the unit in the metric's name. */
function thresholds(rule: AlertRule, origin: ScaleFacts['origin']) {
  return partsOf(rule.expr.value).flatMap(({ text, threshold }) => {
    const part = parsePromql(text)
    if (threshold === undefined || threshold <= 0 || 'error' in part) return []
    return [...metricNames(part)].flatMap(metric => {
      const unit = UNITS[/_(seconds|minutes|hours|days)$/.exec(metric)?.[1] ?? '']
      return unit === undefined || origin(metric) !== 'measured'
        ? []
        : [{ what: 'the threshold', seconds: threshold * unit }]
    })
  })
}

/** Two significant digits are enough for people. */
function roundedDown(timeScale: number): number {
  const whole = Math.max(1, Math.floor(timeScale))
  const step = 10 ** Math.max(0, Math.floor(Math.log10(whole)) - 1)
  return Math.floor(whole / step) * step
}
