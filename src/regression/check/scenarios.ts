import { readableDuration } from '../../model/duration.ts'
import type { LabelPatterns } from '../../model/fields.ts'
import type { Labels } from '../../model/timeline.ts'
import { worst } from '../../model/verdict.ts'
import { matchesRegex } from '../../promql/regex.ts'
import { walk } from '../../promql/walk.ts'
import { inLanes } from '../promtool/lanes.ts'
import type { PromtoolPool } from '../promtool/pool.ts'
import type { CheckFile } from './collect.ts'
import { showLabels } from './labels.ts'
import type { Prepared } from './library.ts'
import { type PreparedScenario, prepareScenarios } from './prepare-scenarios.ts'
import type { Checked, CheckFailure, Judged } from './result.ts'
import type { Expected, PlayedScenario, Timing } from './scenario-file.ts'
import { type AlertState, type Evaluations, simulate, Unsimulated } from './simulate.ts'

const CLOCK = new Set([
  'time',
  'timestamp',
  'minute',
  'hour',
  'day_of_week',
  'day_of_month',
  'day_of_year',
  'days_in_month',
  'month',
  'year',
])

/** Scenarios whose stimuli are series, simulated by promtool on the unscaled rules. */
export async function judgeScenarios(files: readonly CheckFile[], pool: PromtoolPool): Promise<Judged[]> {
  const judged: Judged[] = []
  await inLanes(prepareScenarios(files).entries(), async ([index, one]) => {
    judged[index] = 'live' in one ? skipped(one.file, one.live) : await judgePrepared(one, pool)
  })
  return judged
}

const skipped = (file: CheckFile, reason: string): Judged => ({ file, checked: [], named: [], skipped: reason })

async function judgePrepared({ file, scenario, prepared }: PreparedScenario, pool: PromtoolPool): Promise<Judged> {
  const basis = { kind: 'scenario', file: file.file, line: scenario.line, name: scenario.name } as const
  try {
    const judged = await judgeScenario(file.file, scenario, prepared, pool)
    return { file, named: scenario.rules, checked: [{ ...basis, ...judged }] }
  } catch (thrown) {
    if (!(thrown instanceof Unsimulated)) throw thrown
    const failures = [{ file: file.file, line: scenario.line, message: thrown.message, why: [] }]
    const refused = { ...basis, verdict: 'unmet', refused: true, failures, notes: [] } as const
    return { file, named: scenario.rules, checked: [refused] }
  }
}

/** One scenario, played on its rules or, rule by rule, on others in their place. Throws Unsimulated when promtool does not take it. */
export async function judgeScenario(
  file: string,
  scenario: PlayedScenario,
  prepared: Prepared,
  pool: PromtoolPool,
  rules = prepared.rules,
): Promise<Verdicts> {
  const first = await simulate({ file, scenario, rules, until: horizonOf(scenario) }, pool)
  const course = courseOf(scenario, first)
  const { end, resetAt } = course
  const all = course.seen ? first : await simulate({ file, scenario, rules, until: end, resetAt }, pool)
  return judgeEvaluations(file, scenario, prepared, all, course)
}

type Verdicts = Pick<Checked, 'verdict' | 'failures' | 'notes'>

/** Seconds that a scenario is played at first: until all that is expected before recovery is decided. */
export function horizonOf(scenario: PlayedScenario): number {
  return Math.max(scenario.observe, longest(scenario.expect)) + scenario.evaluationInterval
}

const longest = (list: readonly Expected[]) =>
  Math.max(0, ...list.map(({ timing }) => (Number.isFinite(timing.until) ? timing.until : 0)))

/** Seconds, as the first play decides. */
interface Course {
  readonly recovery: number
  readonly end: number
  readonly resetAt: number | undefined
  /** The first play has shown it to the end. */
  readonly seen: boolean
}

export function courseOf(scenario: PlayedScenario, first: Evaluations): Course {
  const step = scenario.evaluationInterval
  const horizon = horizonOf(scenario)
  const decided = scenario.expect.map(one => settle(one, first, 0, horizon - step))
  const recovery = Math.max(scenario.observe, step, ...decided.map(({ at }) => at))
  const end = recovery + Math.max(longest(scenario.after), step)
  const resetAt = scenario.resets ? recovery : undefined
  return { recovery, end, resetAt, seen: resetAt === undefined && end <= horizon }
}

export function judgeEvaluations(
  file: string,
  scenario: PlayedScenario,
  prepared: Prepared,
  evaluations: Evaluations,
  { recovery, end }: Course,
): Verdicts {
  const all = evaluations.filter(({ at }) => at <= end)
  const outcomes = [
    ...scenario.steady.map(one => ({
      one,
      outcome: settle(
        { ...one, timing: NOW },
        all.filter(({ at }) => at <= 0),
        0,
        0,
      ),
    })),
    ...scenario.expect.map(one => ({
      one,
      outcome: settle(
        one,
        all.filter(({ at }) => at <= recovery),
        0,
        recovery,
      ),
    })),
    ...scenario.after.map(one => ({ one, outcome: settle(one, all, recovery, end - recovery) })),
  ]
  const failures: CheckFailure[] = []
  const notes: string[] = []
  for (const { one, outcome } of outcomes) {
    const clock = one.kind === 'alert' && asksTheClock(one.alert.alert, prepared)
    if (one.kind === 'other') notes.push(`${file}:${one.line} ${one.text}: only a live run can tell`)
    else if (clock)
      notes.push(
        `${file}:${one.line} ${one.text}: its rule asks the clock, which starts at 1970 in promtool: only a live run can tell`,
      )
    else if (outcome.problem !== undefined)
      failures.push({ file, line: one.line, message: `${one.text}: ${outcome.problem}`, why: history(one, all) })
  }
  failures.push(...others(file, scenario, all, prepared))
  return { verdict: worst(failures.map(() => 'unmet')), failures, notes }
}

const NOW: Timing = { when: 'now', from: 0, until: 0 }

interface Settled {
  /** Undefined: met. */
  readonly problem: string | undefined
  /** Seconds after the reference at which it was decided. */
  readonly at: number
}

/** Judges one expectation on the evaluations from `reference` on, which end `span` seconds after it. */
function settle(expected: Expected, evaluations: Evaluations, reference: number, span: number): Settled {
  if (expected.kind === 'other') return { problem: undefined, at: 0 }
  const { when, from, until } = expected.timing
  const looks = evaluations
    .filter(({ at }) => at >= reference)
    .map(evaluation => ({ at: evaluation.at - reference, problem: look(expected, evaluation, evaluations) }))
  const met = looks.find(({ problem }) => problem === undefined)
  const last = looks.at(-1)
  const after = (at: number) =>
    `${readableDuration(at)} after ${reference === 0 ? 'the series began to play' : 'recovery'}`
  switch (when) {
    case 'now':
      return { problem: last === undefined ? 'nothing was evaluated' : last.problem, at: span }
    case 'within':
    case 'between': {
      const window =
        when === 'within'
          ? `within ${readableDuration(until)}`
          : `between ${readableDuration(from)} and ${readableDuration(until)}`
      if (met !== undefined && met.at < from)
        return { problem: `too early: ${after(met.at)} instead of ${window}`, at: met.at }
      if (met !== undefined && met.at <= until) return { problem: undefined, at: met.at }
      return {
        problem: `not ${window}; at the end ${looks.findLast(({ at }) => at <= until)?.problem ?? 'nothing was evaluated'}`,
        at: until,
      }
    }
    case 'throughout': {
      const broken = looks.find(({ at, problem }) => at <= until && problem !== undefined)
      return broken === undefined
        ? { problem: undefined, at: until }
        : { problem: `no longer ${after(broken.at)}: ${broken.problem}`, at: broken.at }
    }
    case 'never':
      return met !== undefined && met.at <= until
        ? { problem: `must never be, but is ${after(met.at)}`, at: met.at }
        : { problem: undefined, at: Math.min(until, span) }
  }
}

/** What is seen instead; undefined when it holds. */
function look(
  expected: Exclude<Expected, { kind: 'other' }>,
  { at, alerts }: Evaluations[number],
  all: Evaluations,
): string | undefined {
  if (expected.kind === 'quiet') {
    const loud = alerts.filter(({ alert }) => !expected.except.includes(alert))
    return loud.length === 0 ? undefined : `seen: ${loud.map(show).join(', ')}`
  }
  const { alert, state, labels, annotations } = expected.alert
  const same = ({ alert: name, labels: seen }: AlertState) => name === alert && matches(seen, labels)
  const active = alerts.filter(
    one => same(one) && (Object.keys(annotations).length === 0 || matches(one.annotations, annotations)),
  )
  const fired = all.some(one => one.at <= at && one.alerts.some(other => same(other) && other.state === 'firing'))
  const holds =
    state === 'inactive'
      ? active.length === 0
      : state === 'resolved'
        ? fired && !alerts.some(same)
        : active.some(one => one.state === state)
  if (holds) return undefined
  const others = alerts.filter(one => one.alert === alert)
  if (state === 'resolved' && !fired) return 'it never fired'
  return `seen: ${others.length === 0 ? 'inactive' : others.map(show).join(', ')}`
}

/** Alerts that fire though no expectation names them. */
function others(file: string, scenario: PlayedScenario, all: Evaluations, prepared: Prepared): CheckFailure[] {
  const known = [...scenario.steady, ...scenario.expect, ...scenario.after]
  const excepted = new Set(known.flatMap(one => (one.kind === 'quiet' ? one.except : [])))
  const unexpected = new Map<string, { first: AlertState; at: number }>()
  for (const { at, alerts } of all)
    for (const one of alerts) {
      const named = known.some(
        expected =>
          expected.kind === 'alert' &&
          expected.timing.when !== 'never' &&
          expected.alert.state !== 'inactive' &&
          expected.alert.alert === one.alert &&
          matches(one.labels, expected.alert.labels),
      )
      const key = `${one.alert} ${showLabels(one.labels)}`
      if (one.state !== 'firing' || named || excepted.has(one.alert) || unexpected.has(key)) continue
      if (!asksTheClock(one.alert, prepared)) unexpected.set(key, { first: one, at })
    }
  return [...unexpected.values()].map(({ first, at }) => ({
    file,
    line: scenario.line,
    message: `no expectation names it, but ${first.alert} fires ${readableDuration(at)} after the series began to play`,
    expected: 'no other alert fires',
    actual: show(first),
    why: prepared.rules.groups
      .flatMap(({ rules }) => rules)
      .filter(({ kind, name }) => kind === 'alert' && name === first.alert)
      .map(rule => `${rule.file}:${rule.line} ${rule.expr.trim().replace(/\s+/g, ' ')}`),
  }))
}

/** When the alert changed its state. */
function history(expected: Expected, all: Evaluations): string[] {
  if (expected.kind !== 'alert') return []
  const lines: string[] = []
  let before = ''
  for (const { at, alerts } of all) {
    const now =
      alerts
        .filter(({ alert }) => alert === expected.alert.alert)
        .map(show)
        .join(', ') || 'inactive'
    if (now !== before) lines.push(`at ${readableDuration(at)}: ${now}`)
    before = now
  }
  return lines.slice(0, 12)
}

function asksTheClock(alert: string, { rules, selection }: Prepared): boolean {
  const needed = selection.needed([alert], [])
  return rules.groups.some(group =>
    group.rules.some(
      rule =>
        needed.has(rule) && [...walk(rule.expression)].some(({ node }) => node.type === 'call' && CLOCK.has(node.name)),
    ),
  )
}

function show({ alert, labels, state }: AlertState): string {
  return `${alert} ${state} ${showLabels(labels, ['alertname'])}`
}

function matches(seen: Labels, wanted: LabelPatterns): boolean {
  return Object.entries(wanted).every(([name, pattern]) => {
    const value = seen[name] ?? ''
    return typeof pattern === 'string' ? value === pattern : matchesRegex(pattern.matches, value)
  })
}
