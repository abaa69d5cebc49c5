import { formatDuration } from '../../model/duration.ts'
import type { Notation } from '../../promql/solve/timeline.ts'
import { type PrintedAlert, readAlerts } from '../check/labels.ts'
import type { PromtoolPool } from '../promtool/pool.ts'
import type { Outcome } from '../promtool/process.ts'
import { readFailures } from '../promtool/verdicts.ts'
import type { Play } from './acts.ts'
import type { Pace } from './pace.ts'
import { evaluationAt, lengthOf, questionOf, type Staging, seriesIn } from './question.ts'
import type { Subject } from './subject.ts'

/** What promtool saw of an alert in a play: at each evaluation the alerts that fire. */
export interface Watched {
  readonly play: Play
  readonly series: readonly Notation[]
  /** By evaluation, from zero; without an entry nothing fires. */
  readonly firing: Firing
  /** The same with other alerts of its name, as a test of the whole rule file sees them. */
  readonly named: Firing
  /** How many evaluations there are after the one at zero. */
  readonly evaluations: number
  /** Why there is no answer. */
  readonly problem: string | undefined
}

export type Firing = ReadonlyMap<number, readonly PrintedAlert[]>

/** What an alert does in a play. */
export async function watch(subject: Subject, staged: Play, how: Staging, pool: PromtoolPool): Promise<Watched> {
  const { rule, rulesFor, rulesAlone } = subject
  const { pace } = how
  const series = seriesIn(staged, how)
  const evaluations = Math.floor(lengthOf(staged) / pace.evaluation)
  const cases = Array.from(
    { length: evaluations + 1 },
    (_, number) =>
      `- {eval_time: ${formatDuration(number * pace.evaluation)}, alertname: ${JSON.stringify(rule.name)}}`,
  )
  const ask = async (rules: string) =>
    read(await pool.ask(questionOf(staged, subject, rules, series, ['alert_rule_test:', ...cases], how)), pace)
  const [all, alone] = await Promise.all([
    ask(rulesFor(series, how.furthest)),
    rulesAlone === undefined ? undefined : ask(rulesAlone),
  ])
  return {
    play: staged,
    series,
    evaluations,
    firing: (alone ?? all).firing,
    named: all.firing,
    problem: all.problem ?? alone?.problem,
  }
}

function read(outcome: Outcome, pace: Pace): { firing: Firing; problem: string | undefined } {
  const firing = new Map<number, readonly PrintedAlert[]>()
  if (outcome.passed) return { firing, problem: undefined }
  if (outcome.timedOut) return { firing, problem: outcome.text }
  for (const failure of readFailures(outcome.text)) {
    if (failure.what !== 'alert') return { firing, problem: failure.text.split('\n').slice(0, 3).join(' ') }
    const at = evaluationAt(failure.at, pace)
    if (at === undefined) return { firing, problem: failure.text }
    firing.set(at, readAlerts(failure.got))
  }
  return { firing, problem: undefined }
}
