import { formatDuration, parseDuration } from '../../model/duration.ts'
import { parsePromql } from '../../promql/parse.ts'
import { formatSeriesName, parseSeriesName, parseValues } from '../../promql/series-notation.ts'
import type { Expression, VectorSelector } from '../../promql/tree.ts'
import { metricName, selectors, walk } from '../../promql/walk.ts'
import type { CarriedRule } from './rule-set.ts'
import { entry, type PromtoolTest, writeCases } from './test-file.ts'
import type { Failure } from './verdicts.ts'

/**
 * Tests of the same rules, one after another in the time of one promtool database: starting a database costs more than a short test.
 * Between two tests nothing is played until no rule remembers anything.
 */
export interface Sequence {
  readonly tests: readonly Placed[]
  /** The test as an entry of `tests:`. */
  readonly text: string
  readonly seconds: number
}

/** A test that may be shifted in time. All figures in seconds. */
export interface Shiftable {
  readonly test: PromtoolTest
  readonly interval: number
  readonly evaluationInterval: number
  /** Its last evaluation. */
  readonly length: number
  /** How long after it a rule may still remember what it saw. */
  readonly pause: number
  readonly series: readonly { readonly name: string; readonly values: string; readonly count: number }[]
}

interface Placed extends Shiftable {
  readonly start: number
}

const LOOKBACK = 300
const MOST_PAUSE = 4 * 3_600
const MOST_SECONDS = 20 * 3_600
const MOST_TESTS = 100

/** Functions whose result depends on samples alone, is empty when there are none, and is the same at any time of day. */
const TIMELESS = new Set(
  `abs acos acosh asin asinh atan atanh avg_over_time ceil changes clamp clamp_max clamp_min cos cosh count_over_time deg delta deriv exp
  floor histogram_quantile holt_winters idelta increase irate label_join label_replace last_over_time ln log10 log2 mad_over_time
  max_over_time min_over_time predict_linear present_over_time quantile_over_time rad rate resets round sgn sin sinh sort sort_desc sqrt
  stddev_over_time stdvar_over_time sum_over_time tan tanh`.split(/\s+/),
)

/** Undefined when its verdict could depend on when it runs, or on what ran before. `rules`: those that are evaluated. */
export function shiftable(
  test: PromtoolTest,
  rules: Iterable<CarriedRule>,
  evaluationInterval: string | undefined,
): Shiftable | undefined {
  const every = parseDuration(evaluationInterval ?? '1m')
  const interval = test.interval === undefined ? every : parseDuration(test.interval)
  if (!every || !interval) return undefined
  const times = [...test.alerts, ...test.expressions].map(({ at }) => parseDuration(at))
  if (times.some(time => time === undefined)) return undefined
  const length = Math.floor(Math.max(0, ...times.map(time => time ?? 0)) / every + 1e-9) * every
  const expressions = test.expressions.map(({ expr }) => parsePromql(expr))
  const pause = pauseOf(rules, expressions)
  if (pause === undefined) return undefined
  const samples = Math.floor(length / interval + 1e-9) + 1
  const series: { name: string; values: string; count: number }[] = []
  for (const one of test.series) {
    const name = parseSeriesName(one.series)
    const cut = cutValues(one.values, samples)
    if ('error' in name || cut === undefined) return undefined
    series.push({ name: formatSeriesName(name), ...cut })
  }
  // promtool refuses a series that is given twice only sometimes.
  if (new Set(series.map(({ name }) => name)).size !== series.length) return undefined
  return { test, interval, evaluationInterval: every, length, pause, series }
}

/** How long rules and what is asked may remember; undefined when that is too long, or they are not timeless. */
export function pauseOf(
  rules: Iterable<CarriedRule>,
  expressions: readonly ReturnType<typeof parsePromql>[] = [],
): number | undefined {
  let pause = 0
  for (const rule of rules) {
    const memory = memoryOf(rule.expression)
    const kept = rule.keepFiringFor === undefined ? 0 : parseDuration(rule.keepFiringFor)
    if (memory === undefined || kept === undefined || /\{\{[^}]*\bquery\b/.test(rule.templates)) return undefined
    // A recorded series lives on as long as the rule that records it remembers: along rules, memories add up.
    pause += memory + kept
  }
  for (const expression of expressions) {
    const memory = 'error' in expression ? undefined : memoryOf(expression)
    if (memory === undefined) return undefined
    pause += memory
  }
  return pause > MOST_PAUSE ? undefined : pause
}

/** Seconds that the expression looks back at most; undefined when it is not timeless. */
function memoryOf(expression: Expression): number | undefined {
  if (selectors(expression).length === 0) return undefined
  let seconds = LOOKBACK
  for (const { node } of walk(expression)) {
    if (node.type === 'subquery' || (node.type === 'call' && !TIMELESS.has(node.name))) return undefined
    if (node.type === 'binary' && node.fill !== undefined) return undefined
    if (node.type === 'matrix') {
      const back = backOf(node.selector)
      if (node.range.seconds === undefined || back === undefined) return undefined
      seconds = Math.max(seconds, node.range.seconds + back)
    }
    if (node.type === 'selector') {
      const back = backOf(node)
      if (back === undefined) return undefined
      seconds = Math.max(seconds, LOOKBACK + back)
    }
  }
  return seconds
}

/** Seconds of its offset; undefined for a selector that is not timeless. */
function backOf(selector: VectorSelector): number | undefined {
  const back = selector.offset === undefined ? 0 : (selector.offset.seconds ?? -1)
  const states = metricName(selector) === undefined || metricName(selector) === 'ALERTS_FOR_STATE'
  return selector.at !== undefined || selector.edges !== undefined || back < 0 || states ? undefined : back
}

/** The first `most` values, each item as it was written. */
function cutValues(text: string, most: number): { values: string; count: number } | undefined {
  const items: string[] = []
  let count = 0
  for (const item of text.trim().split(/\s+/)) {
    if (count === most) break
    const runs = parseValues(item)
    const [run] = 'error' in runs ? [] : runs
    if (run === undefined) return undefined
    const room = Math.min(run.count, most - count)
    if (room === run.count) items.push(item)
    else items.push(item.replace(/x\d+$/, run.first === 'missing' ? `x${room}` : `x${room - 1}`))
    count += room
  }
  return { values: items.join(' '), count }
}

/** Puts tests of the same rules into as few sequences as their length allows, but at least `least` when there are so many tests. */
export function sequences(tests: readonly Shiftable[], least: number): Sequence[] {
  const most = Math.max(1, Math.min(MOST_TESTS, Math.ceil(tests.length / least)))
  const result: Sequence[] = []
  let placed: Placed[] = []
  let start = 0
  for (const test of tests) {
    if (placed.length > 0 && (placed.length >= most || start + test.length > MOST_SECONDS)) {
      result.push(sequence(placed))
      placed = []
      start = 0
    }
    placed.push({ ...test, start })
    const unit = commonMultiple(test.interval, test.evaluationInterval)
    // A sample exactly that old would still count: later.
    start = (Math.floor((start + test.length + test.pause) / unit + 1e-9) + 1) * unit
  }
  if (placed.length > 0) result.push(sequence(placed))
  return result
}

/** Sequences at the same time in one database, of tests that have no series and no rule in common. */
export function sideBySide(sequences: readonly Sequence[]): Sequence {
  return sequence(sequences.flatMap(({ tests }) => tests))
}

function sequence(tests: readonly Placed[]): Sequence {
  const interval = tests[0]?.interval ?? 60
  const values = new Map<string, { text: string[]; count: number }>()
  for (const { start, series } of tests) {
    const first = Math.round(start / interval)
    for (const one of series) {
      const all = values.get(one.name) ?? { text: [], count: 0 }
      if (first > all.count) all.text.push(`_x${first - all.count}`)
      all.text.push(one.values)
      all.count = first + one.count
      values.set(one.name, all)
    }
  }
  const shifted = <Case extends { readonly at: string }>(
    { start, test }: Placed,
    pick: (test: PromtoolTest) => readonly Case[],
  ) => pick(test).map(one => ({ ...one, at: formatDuration(start + (parseDuration(one.at) ?? 0)) }))
  return {
    tests,
    seconds: Math.max(0, ...tests.map(({ start, length }) => start + length)),
    text: entry([
      `interval: ${formatDuration(interval)}`,
      ...(tests[0]?.test.rest ?? []).filter(line => !line.startsWith('name:')),
      'input_series:',
      ...[...values].map(
        ([name, { text }]) => `- {series: ${JSON.stringify(name)}, values: ${JSON.stringify(text.join(' '))}}`,
      ),
      ...writeCases(
        tests.flatMap(test => shifted(test, ({ alerts }) => alerts)),
        tests.flatMap(test => shifted(test, ({ expressions }) => expressions)),
      ),
    ]),
  }
}

/** The tests that the failures are about; undefined when one cannot be told. */
export function testsOf(failures: readonly Failure[], { tests }: Sequence): ReadonlySet<PromtoolTest> | undefined {
  const found = new Set<PromtoolTest>()
  for (const failure of failures) {
    if (failure.what !== 'alert' && failure.what !== 'expression') return undefined
    const at = parseDuration(failure.at)
    const named = ({ test }: Placed) =>
      failure.what === 'alert'
        ? test.alerts.some(({ alert }) => alert === failure.alert)
        : test.expressions.some(({ expr }) => expr === failure.expr)
    const test = at === undefined ? undefined : tests.findLast(one => one.start <= at && named(one))?.test
    if (test === undefined) return undefined
    found.add(test)
  }
  return found
}

/** What two tests must share to run in one sequence. */
export function sequenceKey({ test, interval, evaluationInterval }: Shiftable): string {
  return [interval, evaluationInterval, ...test.rest.filter(line => !line.startsWith('name:'))].join('\n')
}

const commonMultiple = (a: number, b: number): number => (a / commonDivisor(a, b)) * b

/** Of two times in seconds, to the millisecond. */
export function commonDivisor(a: number, b: number): number {
  let [greater, smaller] = [Math.round(a * 1000), Math.round(b * 1000)]
  while (smaller > 0) [greater, smaller] = [smaller, greater % smaller]
  return greater / 1000
}
