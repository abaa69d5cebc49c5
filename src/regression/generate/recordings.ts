import { isCounter, type Plan } from '../../promql/solve/plan.ts'
import { withoutRecordings } from '../../promql/solve/recordings.ts'
import { type Motion, type Situation, still } from '../../promql/solve/situation.ts'
import { type Solved, solve } from '../../promql/solve/solve.ts'
import type { PromtoolPool } from '../promtool/pool.ts'
import type { Play } from './acts.ts'
import { periodOf } from './clock.ts'
import { listen } from './listen.ts'
import { churnOf, furthestOf, paceOf, reachOf } from './pace.ts'
import { playsOf } from './plays.ts'
import type { Staging } from './question.ts'
import { refusalOf } from './refusal.ts'
import type { RecordingSubject } from './subject.ts'
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
const NO_WAIT = { for: 0, keepFiringFor: 0 }

/**
 * Plays input that a recording rule turns into samples, as alerts are played, and keeps what promtool records: a value that was right
 * when the tests were written is noticed when a change of the rule makes it another.
 */
export function proveRecordings(subjects: readonly RecordingSubject[], pool: PromtoolPool): Promise<ProvenRecording[]> {
  return Promise.all(
    subjects.map(async subject => {
      const several = await prove(subject, 2, pool)
      // Several series can make a join ambiguous.
      return several.tests === undefined ? prove(subject, 1, pool) : several
    }),
  )
}

async function prove(subject: RecordingSubject, replicas: number, pool: PromtoolPool): Promise<ProvenRecording> {
  const expression = withoutRecordings(subject.rule.expression, subject.recordings)
  const { sample } = paceOf(expression, 0, NO_WAIT)
  const solved = solve(expression, { budget: BUDGET, sample, replicas })
  if ('reason' in solved) return { subject, tests: undefined, open: [solved.reason] }
  if (solved.solutions.length === 0) {
    const ways = solved.unsolved.join('; or ') || 'anything to be recorded'
    return { subject, tests: undefined, open: [`no input was found for ${ways}`] }
  }
  const pace = paceOf(expression, reachOf(solved.plan), NO_WAIT, churnOf(solved), periodOf(expression))
  const plays = playsOf(lively(solved), expression, pace)
  const staging = { plan: solved.plan, pace, furthest: furthestOf(pace) }
  const { proven, byOthers } = await record(subject, plays, staging, pool)
  return byOthers
    ? (await record(subject, plays, { ...staging, furthest: Number.POSITIVE_INFINITY }, pool)).proven
    : proven
}

/** `byOthers`: promtool refuses it, perhaps for rules that were not played until then. */
async function record(
  subject: RecordingSubject,
  plays: readonly Play[],
  staging: Staging,
  pool: PromtoolPool,
): Promise<{ proven: ProvenRecording; byOthers: boolean }> {
  const { rule, ruleFiles, order } = subject
  const { pace, furthest } = staging
  const open = (reason: string): ProvenRecording => ({ subject, tests: undefined, open: [reason] })
  const heard = await Promise.all(plays.map(one => listen(subject, one, staging, pool)))
  if (!heard.some(({ records }) => records.some(({ samples }) => samples.length > 0)))
    return { proven: open(heard[0]?.problem ?? 'promtool was not seen to record anything'), byOthers: false }
  const groups = heard.flatMap(({ play: { name, shows }, series, records }): TestGroup[] => {
    if (records.length === 0) return []
    const title = shows === 'life' ? 'is recorded' : name
    return [{ name: `${rule.name} ${title}`, series, cases: recordCases(rule.name, records, pace) }]
  })
  const tests = writeDocument({ rule, pace, ruleFiles, order, groups })
  const all = groups.flatMap(({ series }) => series)
  const rules = subject.rulesFor(all)
  const refusal = await refusalOf(tests, rules, pool)
  if (refusal === undefined) return { proven: { subject, tests, open: [] }, byOthers: false }
  return { proven: open(refusal), byOthers: rules !== subject.rulesFor(all, furthest) }
}

/** No two classes of series are alike, and what is read by its slope moves: a value tells what it was made of. */
function lively(solved: Solved): Solved {
  const { plan } = solved
  const moved = <T extends { readonly situation: Situation }>(one: T): T => ({
    ...one,
    situation: {
      ...one.situation,
      motions: one.situation.motions.map((motion, index) => distinct(plan, motion, index)),
    },
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

function distinct(plan: Plan, motion: Motion, index: number): Motion {
  const planned = plan.classes[index]
  if (planned === undefined || motion.clock || motion.churn > 0) return motion
  const moves = planned.uses.has('slope') && motion.slope === still.slope
  return {
    ...motion,
    level: motion.level === still.level && !isCounter(planned) ? still.level + 10 * index : motion.level,
    slope: moves ? 1 + index / 4 : motion.slope,
  }
}
