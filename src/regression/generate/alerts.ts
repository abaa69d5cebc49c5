import type { AlertRule } from '../../monitoring/rules/read.ts'
import { withoutRecordings } from '../../promql/solve/recordings.ts'
import { type Solved, type SolveOptions, solve } from '../../promql/solve/solve.ts'
import type { Notation } from '../../promql/solve/timeline.ts'
import type { Expression } from '../../promql/tree.ts'
import type { PromtoolPool } from '../promtool/pool.ts'
import type { Play } from './acts.ts'
import { type Claim, claimsOf, type Life, lifeOf } from './claims.ts'
import { periodOf } from './clock.ts'
import { churnOf, furthestOf, type Pace, paceOf, reachOf } from './pace.ts'
import { playsOf } from './plays.ts'
import { refusalOf } from './refusal.ts'
import type { Subject } from './subject.ts'
import { type Watched, watch } from './watch.ts'
import { alertCases, type TestGroup, writeDocument } from './write-tests.ts'

/** What came of it. */
export interface Proven extends Life {
  readonly subject: Subject
  /** The text of a promtool unit-test file; undefined when nothing could be shown. */
  readonly tests: string | undefined
  /** What could not be shown, each with its reason. */
  readonly open: readonly string[]
  readonly solved: Solved | undefined
  /** All series of the tests. */
  readonly series: readonly Notation[]
  readonly lives: readonly { readonly watched: Watched; readonly pace: Pace }[]
}

interface Work {
  readonly subject: Subject
  readonly solved: Solved
  readonly expression: Expression
  readonly pace: Pace
}

/** Estimates that may be made for one alert. */
const BUDGET = 60_000

type Leeway = Pick<SolveOptions, 'margin' | 'replicas'>

/** Where other rules do not bear several series, one may do; where the estimate was too rough, a value further from its threshold. */
const ATTEMPTS: readonly Leeway[] = [{}, { replicas: 1 }, { margin: 0.3 }, { margin: 2 }]

/** Solves the alerts, lets promtool play what was found, keeps what it confirms. */
export async function proveAlerts(subjects: readonly Subject[], pool: PromtoolPool): Promise<Proven[]> {
  const proven = new Map<Subject, Proven>()
  for (const leeway of ATTEMPTS) {
    const open = subjects.filter(subject => !proven.get(subject)?.fires)
    for (const one of await attempt(open, leeway, pool)) {
      const before = proven.get(one.subject)
      if (before === undefined || one.fires) proven.set(one.subject, one)
    }
  }
  return subjects.flatMap(subject => proven.get(subject) ?? [])
}

async function attempt(subjects: readonly Subject[], leeway: Leeway, pool: PromtoolPool): Promise<Proven[]> {
  return Promise.all(
    subjects.map(async subject => {
      const work = begin(subject, leeway)
      if ('reason' in work) return nothing(subject, [work.reason])
      const { solved, expression, pace } = work
      const plays = playsOf(solved, expression, pace)
      const prove = async (furthest: number) => {
        const watched = await Promise.all(
          plays.map(one => watch(subject, one, { plan: solved.plan, pace, furthest }, pool)),
        )
        return confirm(judge(work, watched), furthest, pool)
      }
      const { proven, byOthers } = await prove(furthestOf(pace))
      return byOthers ? (await prove(Number.POSITIVE_INFINITY)).proven : proven
    }),
  )
}

function begin(subject: Subject, leeway: Leeway): Work | { subject: Subject; reason: string } {
  const { rule } = subject
  const expression = withoutRecordings(rule.expression, subject.recordings)
  const texts = [...Object.values(rule.labels), ...Object.values(rule.annotations)].join('\n')
  const labels = [...texts.matchAll(/\$labels\.([a-zA-Z_]\w*)/g)].map(([, label = '']) => label)
  const durations = { for: rule.for?.value ?? 0, keepFiringFor: rule.keepFiringFor?.value ?? 0 }
  const { sample } = paceOf(expression, 0, durations)
  const solved = solve(expression, { labels: [...new Set(labels)], budget: BUDGET, sample, ...leeway })
  if ('reason' in solved) return { subject, reason: solved.reason }
  if (solved.solutions.length === 0)
    return { subject, reason: `no input was found for ${solved.unsolved.join('; or ') || 'any way to fire'}` }
  const pace = paceOf(expression, reachOf(solved.plan), durations, churnOf(solved), periodOf(expression))
  return { subject, solved, expression, pace }
}

function nothing(subject: Subject, open: readonly string[]): Proven {
  return {
    subject,
    open,
    tests: undefined,
    solved: undefined,
    series: [],
    lives: [],
    fires: false,
    quiet: false,
    resolves: false,
  }
}

function judge({ subject, solved, pace }: Work, seen: readonly Watched[]): Proven {
  const order = new Map(playNames.map((name, index) => [name, index]))
  const watched = seen.toSorted((a, b) => (order.get(a.play.shows) ?? 0) - (order.get(b.play.shows) ?? 0))
  const open = solved.unsolved.map(way => `no input was found for: ${way}`)
  const groups: TestGroup[] = []
  const lives: { watched: Watched; pace: Pace }[] = []
  const shown = { fires: false, quiet: false, resolves: false }
  for (const one of watched) {
    if (one.problem !== undefined) {
      // A second series can make a join ambiguous: then there is nothing to show.
      if (one.play.shows === 'life') open.push(`promtool: ${one.problem}`)
      continue
    }
    if (one.play.shows === 'life') {
      const life = lifeOf(one, pace)
      if (!life.fires) open.push(`promtool does not see it fire: ${one.play.name}`)
      else {
        lives.push({ watched: one, pace })
        shown.fires = true
        shown.quiet ||= life.quiet
        shown.resolves ||= life.resolves
      }
      if (!life.fires) continue
    }
    const claims = claimsOf(one, pace).filter(claim => lawful(claim, subject.rule))
    if (claims.length > 0)
      groups.push({
        name: `${subject.rule.name} ${one.play.name}`,
        series: one.series,
        cases: alertCases(subject.rule.name, claims, pace),
      })
  }
  if (solved.always) open.push('it fires whatever the input is, so it can be neither quiet nor resolve')
  else if (shown.fires && !shown.quiet) open.push('no input was found for which it stays quiet')
  else if (shown.fires && !shown.resolves) open.push('it was not seen to resolve')
  const tests =
    groups.length === 0
      ? undefined
      : writeDocument({
          rule: subject.rule,
          pace,
          ruleFiles: subject.ruleFiles,
          order: subject.order,
          groups,
        })
  return { subject, tests, open, solved, series: groups.flatMap(group => group.series), lives, ...shown }
}

const playNames: readonly Play['shows'][] = ['life', 'thresholds', 'windows', 'matchers', 'labels']

/** The labels that the rule sets are there; a template's value is promtool's to say. */
function lawful({ own }: Claim, rule: AlertRule): boolean {
  return own.every(({ labels }) =>
    Object.entries(rule.labels).every(
      ([label, value]) =>
        value.includes('{{') || value === '' || labels[label] === value || rule.name !== labels['alertname'],
    ),
  )
}

/**
 * A test file is run as it will be kept; when promtool refuses it, it is dropped, with promtool's words. `byOthers`: perhaps for rules that
 * were not played until then.
 */
async function confirm(
  proven: Proven,
  furthest: number,
  pool: PromtoolPool,
): Promise<{ proven: Proven; byOthers: boolean }> {
  const { tests, subject, series, open } = proven
  const rules = subject.rulesFor(series)
  const refusal = tests === undefined ? undefined : await refusalOf(tests, rules, pool)
  if (refusal === undefined) return { proven, byOthers: false }
  return { proven: nothing(subject, [...open, refusal]), byOthers: rules !== subject.rulesFor(series, furthest) }
}
