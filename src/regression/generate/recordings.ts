import { formatDuration } from '../../model/duration.ts'
import { isCounter, type Plan } from '../../promql/solve/plan.ts'
import { withoutRecordings } from '../../promql/solve/recordings.ts'
import { type Motion, type Situation, still } from '../../promql/solve/situation.ts'
import { type Solved, solve } from '../../promql/solve/solve.ts'
import { type Notation, play } from '../../promql/solve/timeline.ts'
import type { PromtoolPool } from '../promtool/pool.ts'
import { entry, writeTestFile } from '../promtool/test-file.ts'
import { readFailures } from '../promtool/verdicts.ts'
import type { Play } from './acts.ts'
import { periodOf } from './clock.ts'
import { churnOf, furthestOf, type Pace, paceOf, reachOf } from './pace.ts'
import { playsOf } from './plays.ts'
import { refusalOf } from './refusal.ts'
import { type Recorded, readSamples } from './samples.ts'
import { headOf, type RecordingSubject } from './subject.ts'
import { recordCases, type TestGroup, writeDocument } from './write-tests.ts'

/** What came of a recording rule. */
export interface ProvenRecording {
  readonly subject: RecordingSubject
  /** The text of a promtool unit-test file; undefined when nothing could be shown. */
  readonly tests: string | undefined
  /** What could not be shown, each with its reason. */
  readonly open: readonly string[]
}

/** Estimates that may be made for one rule. */
const BUDGET = 30_000
const MOST_INSTANTS = 8
const NO_WAIT = { for: 0, keepFiringFor: 0 }

/**
 * Plays input that a recording rule turns into samples, as alerts are played, and keeps what promtool records: a value that was right
 * when the tests were written is noticed when a change of the rule makes it another.
 */
export function proveRecordings(subjects: readonly RecordingSubject[], pool: PromtoolPool): Promise<ProvenRecording[]> {
  return Promise.all(
    subjects.map(async subject => {
      const open = new Set<string>()
      for (const attempt of ATTEMPTS) {
        const proven = await prove(subject, attempt, pool)
        if (proven.tests !== undefined) return proven
        for (const reason of proven.open) open.add(reason)
      }
      return { subject, tests: undefined, open: [...open] }
    }),
  )
}

interface Attempt {
  readonly replicas: number
  /** With all other rules that could fail, or only those that are played quickly. */
  readonly all: boolean
}

/** Several series can make a join ambiguous. */
const ATTEMPTS: readonly Attempt[] = [
  { replicas: 2, all: false },
  { replicas: 2, all: true },
  { replicas: 1, all: true },
]

async function prove(subject: RecordingSubject, attempt: Attempt, pool: PromtoolPool): Promise<ProvenRecording> {
  const { rule } = subject
  const expression = withoutRecordings(rule.expression, subject.recordings)
  const solved = solve(expression, {
    budget: BUDGET,
    sample: paceOf(expression, 0, NO_WAIT).sample,
    replicas: attempt.replicas,
  })
  if ('reason' in solved) return { subject, tests: undefined, open: [solved.reason] }
  if (solved.solutions.length === 0) {
    const ways = solved.unsolved.join('; or ') || 'anything to be recorded'
    return { subject, tests: undefined, open: [`no input was found for ${ways}`] }
  }
  const pace = paceOf(expression, reachOf(solved.plan), NO_WAIT, churnOf(solved), periodOf(expression))
  const furthest = attempt.all ? Number.POSITIVE_INFINITY : furthestOf(pace)
  const plays = playsOf(lively(solved), expression, pace)
  const heard = await Promise.all(plays.map(one => listen(subject, one, { plan: solved.plan, pace, furthest }, pool)))
  const groups = heard.flatMap(({ play: { name, shows }, series, records }): TestGroup[] => {
    if (records.length === 0) return []
    const title = shows === 'life' ? 'is recorded' : name
    return [{ name: `${rule.name} ${title}`, series, cases: recordCases(rule.name, records, pace) }]
  })
  if (!heard.some(({ records }) => records.some(({ samples }) => samples.length > 0)))
    return { subject, tests: undefined, open: [heard[0]?.problem ?? 'promtool was not seen to record anything'] }
  const tests = writeDocument({ rule, pace, ruleFiles: subject.ruleFiles, order: subject.order, groups })
  const refusal = await refusalOf(tests, subject.rulesFor(groups.flatMap(({ series }) => series)), pool)
  return refusal === undefined ? { subject, tests, open: [] } : { subject, tests: undefined, open: [refusal] }
}

interface Heard {
  readonly play: Play
  readonly series: readonly Notation[]
  readonly records: readonly Recorded[]
  readonly problem: string | undefined
}

/** What promtool records in a play, at the instants worth a test. */
async function listen(
  { rule, rulesFor, order }: RecordingSubject,
  staged: Play,
  how: { readonly plan: Plan; readonly pace: Pace; readonly furthest: number },
  pool: PromtoolPool,
): Promise<Heard> {
  const { plan, pace } = how
  const series = play(plan, staged.acts, staged.series, pace.sample)
  const instants = instantsOf(staged, pace)
  // An expectation that nothing meets: what promtool says instead is what it saw.
  const asked = [...instants.keys()].map(
    evaluation =>
      `- {eval_time: ${formatDuration(evaluation * pace.evaluation)}, expr: ${JSON.stringify(rule.name)}, exp_samples: [{labels: '{nobody="has this"}', value: 0}]}`,
  )
  const { text, timedOut } = await pool.ask({
    file: {
      rules: rulesFor(series, how.furthest),
      tests: ruleFiles =>
        writeTestFile(headOf(pace, order), ruleFiles, [
          entry([
            `interval: ${formatDuration(pace.sample)}`,
            'input_series:',
            ...series.map(one => `- {series: ${JSON.stringify(one.series)}, values: ${JSON.stringify(one.values)}}`),
            'promql_expr_test:',
            ...asked,
          ]),
        ]),
    },
    weight: Math.max(...instants.keys()),
  })
  const failures = timedOut ? [] : readFailures(text)
  const odd = failures.find(({ what }) => what !== 'expression')
  if (timedOut || odd !== undefined)
    return { play: staged, series, records: [], problem: (odd?.text ?? text).split('\n').slice(0, 3).join(' ') }
  const records = [...instants].flatMap(([evaluation, why], index): Recorded[] => {
    const failure = failures[index]
    const samples = failure?.what === 'expression' ? readSamples(failure.got) : undefined
    return samples === undefined ? [] : [{ evaluation, samples, why }]
  })
  return { play: staged, series, records, problem: undefined }
}

/** The end of each act; where windows are shown, their course too. */
function instantsOf({ acts, shows }: Play, pace: Pace): Map<number, string> {
  const instants = new Map<number, string>()
  let end = 0
  for (const { seconds, words } of acts) {
    const from = Math.floor(end / pace.evaluation)
    end += seconds
    const to = Math.floor(end / pace.evaluation)
    const step = Math.max(1, Math.ceil((to - from) / MOST_INSTANTS))
    if (shows === 'windows')
      for (let evaluation = from + step; evaluation < to; evaluation += step)
        instants.set(evaluation, `on the way to: ${words}`)
    instants.set(to, words)
  }
  return new Map([...instants].sort(([a], [b]) => a - b))
}

/** No two classes of series are alike, and what is read by its slope moves: a value tells what it was made of. */
function lively(solved: Solved): Solved {
  const { plan } = solved
  const moved = <T extends { readonly situation: Situation }>(one: T): T => ({
    ...one,
    situation: { ...one.situation, motions: one.situation.motions.map((motion, index) => own(plan, motion, index)) },
  })
  return {
    ...solved,
    solutions: solved.solutions.map(solution => ({
      ...moved(solution),
      variations: solution.variations.map(moved),
      turns: solution.turns.map(moved),
    })),
  }
}

function own(plan: Plan, motion: Motion, index: number): Motion {
  const planned = plan.classes[index]
  if (planned === undefined || motion.clock || motion.churn > 0) return motion
  const moves = planned.uses.has('slope') && motion.slope === still.slope
  return {
    ...motion,
    level: motion.level === still.level && !isCounter(planned) ? still.level + 10 * index : motion.level,
    slope: moves ? 1 + index / 4 : motion.slope,
  }
}
