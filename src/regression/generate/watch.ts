import { formatDuration } from '../../model/duration.ts'
import type { Plan } from '../../promql/solve/plan.ts'
import { type Notation, play } from '../../promql/solve/timeline.ts'
import { type PrintedAlert, readAlerts } from '../check/labels.ts'
import type { PromtoolPool } from '../promtool/pool.ts'
import type { Outcome } from '../promtool/process.ts'
import { entry, writeTestFile } from '../promtool/test-file.ts'
import { readFailures } from '../promtool/verdicts.ts'
import type { Play } from './acts.ts'
import type { Pace } from './pace.ts'
import { headOf, type Subject } from './subject.ts'

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

const DAY = 86_400

/** What an alert does in a play. */
export async function watch(
  { rule, rulesFor, rulesAlone, order }: Subject,
  staged: Play,
  how: { readonly plan: Plan; readonly pace: Pace; readonly furthest: number },
  pool: PromtoolPool,
): Promise<Watched> {
  const alert = rule.name
  const { plan, pace } = how
  const series = play(plan, staged.acts, staged.series, pace.sample)
  const length = staged.acts.reduce((sum, { seconds }) => sum + seconds, 0)
  const evaluations = Math.floor(length / pace.evaluation)
  const cases = Array.from(
    { length: evaluations + 1 },
    (_, number) => `- {eval_time: ${formatDuration(number * pace.evaluation)}, alertname: ${JSON.stringify(alert)}}`,
  )
  const ask = async (given: string) => {
    const outcome = await pool.ask({
      file: {
        rules: given,
        tests: ruleFiles =>
          writeTestFile(headOf(pace, order), ruleFiles, [
            entry([
              `interval: ${formatDuration(pace.sample)}`,
              'input_series:',
              ...series.map(one => `- {series: ${JSON.stringify(one.series)}, values: ${JSON.stringify(one.values)}}`),
              'alert_rule_test:',
              ...cases,
            ]),
          ]),
      },
      long: length > DAY,
      weight: evaluations,
    })
    return read(outcome, pace)
  }
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
    const at = secondsOf(failure.at)
    if (at === undefined) return { firing, problem: failure.text }
    firing.set(Math.round(at / pace.evaluation), readAlerts(failure.got))
  }
  return { firing, problem: undefined }
}

/** promtool writes `1h0m0s` or `5m`. */
function secondsOf(text: string): number | undefined {
  let seconds = 0
  for (const [, count = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/g))
    seconds += Number(count) * ({ ms: 0.001, s: 1, m: 60, h: 3600, d: DAY, w: 7 * DAY, y: 365 * DAY }[unit] ?? 0)
  return Number.isFinite(seconds) ? seconds : undefined
}
