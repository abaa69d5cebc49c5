import { formatDuration } from '../../model/duration.ts'
import { EnvironmentError, ScenarioError } from '../../model/errors.ts'
import type { Labels } from '../../model/timeline.ts'
import {
  formatSeriesName,
  formatValues,
  type PlayedValue,
  parseSeriesName,
  parseValues,
  type ValueRun,
  valueAt,
} from '../../promql/series-notation.ts'
import type { PromtoolPool } from '../promtool/pool.ts'
import type { Outcome } from '../promtool/process.ts'
import { type RuleSet, writeRuleLines } from '../promtool/rule-set.ts'
import { entry, writeCases, writeTestFile } from '../promtool/test-file.ts'
import { readFailures } from '../promtool/verdicts.ts'
import { readAlerts, readLabels } from './labels.ts'
import type { PlayedScenario } from './scenario-file.ts'

/** An alert at one evaluation. */
export interface AlertState {
  readonly alert: string
  readonly labels: Labels
  readonly state: 'pending' | 'firing'
  /** Only of firing alerts whose annotations were asked for. */
  readonly annotations: Labels
}

/** All evaluations in order; `at` is seconds since the series began to play, negative before. */
export type Evaluations = readonly { readonly at: number; readonly alerts: readonly AlertState[] }[]

/** What promtool did not take, in its words. */
export class Unsimulated extends Error {}

export interface Simulation {
  readonly scenario: PlayedScenario
  readonly file: string
  readonly rules: RuleSet
  /** Seconds that are simulated after the start of the series. */
  readonly until: number
  /** The second at which the series show their first values again; undefined: never. */
  readonly resetAt?: number | undefined
  /** Alerts among the rules that stand beside others under names of their own, by those names. */
  readonly copies?: ReadonlyMap<string, string> | undefined
}

/** Every alert's state at every evaluation, as promtool evaluates the unscaled rules. */
export async function simulate(simulation: Simulation, pool: PromtoolPool): Promise<Evaluations> {
  const { scenario, rules, until, copies = new Map() } = simulation
  const step = scenario.evaluationInterval
  const lead = Math.ceil(scenario.steadyFor / step) * step
  const count = Math.floor((lead + until) / step + 1e-9) + 1
  const instants = Array.from({ length: count }, (_, index) => index * step)
  const annotated = new Set(
    [...scenario.steady, ...scenario.expect, ...scenario.after].flatMap(expected =>
      expected.kind === 'alert' && Object.keys(expected.alert.annotations).length > 0 ? [expected.alert.alert] : [],
    ),
  )
  for (const [copy, alert] of copies) if (annotated.has(alert)) annotated.add(copy)
  const alerts = instants.flatMap(at =>
    [...annotated].map(alert => ({ alert, at: formatDuration(at), line: 0, expected: undefined, count: 0 })),
  )
  const expressions = instants.map(at => ({ expr: 'ALERTS', at: formatDuration(at), line: 0, expected: undefined }))
  const test = entry([
    `interval: ${formatDuration(scenario.scrapeInterval)}`,
    `external_labels: ${JSON.stringify(scenario.externalLabels)}`,
    `input_series: ${JSON.stringify(play(simulation, lead))}`,
    ...writeCases(alerts, expressions),
  ])
  const outcome = await pool.ask({
    file: {
      tests: ruleFiles => writeTestFile([`evaluation_interval: ${formatDuration(step)}`], ruleFiles, [test]),
      rules: writeRuleLines(rules.groups, rule => [annotated.has(rule.name) ? rule.yaml : rule.bare]),
    },
    long: lead + until > 86_400,
  })
  if (outcome.timedOut) throw new EnvironmentError(outcome.text, { advice: 'shorten the scenario or raise the limit' })
  return evaluations(outcome, instants, lead)
}

function evaluations(outcome: Outcome, instants: readonly number[], lead: number): Evaluations {
  const states = new Map<string, AlertState[]>()
  const annotations = new Map<string, Labels>()
  for (const failure of readFailures(outcome.text)) {
    if (failure.what === 'alert')
      for (const { labels, annotations: texts } of readAlerts(failure.got))
        annotations.set(failure.at + keyOf(labels), texts)
    else if (failure.what === 'expression') states.set(failure.at, readStates(failure.got))
    else throw new Unsimulated(failure.text.trim())
  }
  return instants.map(instant => {
    const at = formatDuration(instant)
    const alerts = (states.get(at) ?? []).map(state => ({
      ...state,
      annotations: annotations.get(at + keyOf(state.labels)) ?? {},
    }))
    return { at: instant - lead, alerts }
  })
}

/** `{__name__="ALERTS", alertname="X", alertstate="firing", ...} 1E+00, {...} 1E+00` */
function readStates(got: string): AlertState[] {
  return [...got.matchAll(/(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}) -?\d/g)].flatMap(([, text = '']) => {
    const { __name__: _name, alertstate, ...labels } = readLabels(text) ?? {}
    if (alertstate !== 'pending' && alertstate !== 'firing') return []
    return [{ alert: labels['alertname'] ?? '', labels, state: alertstate, annotations: {} }]
  })
}

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * The series as a scrape would see them: the first value until they play, each value until the next, the first one again after the reset.
 * While `up` of a job and instance is 0, its other series are not there.
 */
function play({ scenario, file, until, resetAt }: Simulation, lead: number): { series: string; values: string }[] {
  const scrape = scenario.scrapeInterval
  const length = Math.ceil((lead + until) / scrape) + 1
  const read = scenario.series.map(({ name, values, interval, at, line }) => {
    const series = parseSeriesName(name)
    const runs = parseValues(values)
    for (const problem of [series, runs])
      if ('error' in problem) throw new ScenarioError([{ file, line, message: `${name}: ${problem.error}` }])
    return {
      series: series as Exclude<typeof series, { error: string }>,
      runs: runs as readonly ValueRun[],
      interval,
      at,
    }
  })
  const sample = ({ runs, interval, at }: (typeof read)[number], index: number): PlayedValue => {
    const second = index * scrape - lead - at
    if (second < 0 || (resetAt !== undefined && index * scrape - lead >= resetAt)) return valueAt(runs, 0)
    const position = Math.floor(second / interval + 1e-9)
    const value = valueAt(runs, position)
    // A staleness marker is one sample; after it there is nothing.
    return value === 'stale' && Math.floor((second - scrape) / interval + 1e-9) === position ? 'missing' : value
  }
  const targetOf = ({ series: { labels } }: (typeof read)[number]) =>
    JSON.stringify([labels['job'], labels['instance']])
  const ups = new Map(read.filter(({ series }) => series.metric === 'up').map(one => [targetOf(one), one]))
  const targets = new Map(read.map(one => [targetOf(one), one.series.labels]))
  const written = read.map(one => {
    const up = one.series.metric === 'up' ? undefined : ups.get(targetOf(one))
    const isDown = (index: number) => up !== undefined && sample(up, index) === 0
    const values = Array.from({ length }, (_, index): PlayedValue => {
      if (isDown(index)) return index > 0 && !isDown(index - 1) ? 'stale' : 'missing'
      return sample(one, index)
    })
    return { series: formatSeriesName(one.series), values: formatValues(values) }
  })
  // A target that is never said to be down answers every scrape.
  const answering = [...targets].flatMap(([target, { job, instance }]) =>
    ups.has(target) || job === undefined || instance === undefined
      ? []
      : [{ series: formatSeriesName({ metric: 'up', labels: { job, instance } }), values: `1x${length}` }],
  )
  return [...written, ...answering]
}
