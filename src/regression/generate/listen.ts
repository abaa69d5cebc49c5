import { formatDuration } from '../../model/duration.ts'
import type { Notation } from '../../promql/solve/timeline.ts'
import type { PromtoolPool } from '../promtool/pool.ts'
import { readFailures } from '../promtool/verdicts.ts'
import type { Play } from './acts.ts'
import type { Pace } from './pace.ts'
import { evaluationAt, questionOf, type Staging, seriesIn } from './question.ts'
import { type Recorded, readSamples } from './samples.ts'
import type { RecordingSubject } from './subject.ts'

/** What promtool recorded in a play. */
export interface Heard {
  readonly play: Play
  readonly series: readonly Notation[]
  readonly records: readonly Recorded[]
  /** Why there is no answer. */
  readonly problem: string | undefined
}

const MOST_INSTANTS = 8
/** An expectation that nothing meets: what promtool says instead is what it saw. */
const NOTHING_SUCH = `exp_samples: [{labels: '{nobody="has this"}', value: 0}]`

/** What a rule records in a play, at the instants worth a test. */
export async function listen(
  subject: RecordingSubject,
  staged: Play,
  how: Staging,
  pool: PromtoolPool,
): Promise<Heard> {
  const { rule, rulesFor } = subject
  const { pace } = how
  const series = seriesIn(staged, how)
  const instants = instantsOf(staged, pace)
  const cases = [...instants.keys()].map(evaluation => {
    const at = formatDuration(evaluation * pace.evaluation)
    return `- {eval_time: ${at}, expr: ${JSON.stringify(rule.name)}, ${NOTHING_SUCH}}`
  })
  const rules = rulesFor(series, how.furthest)
  const { text, timedOut } = await pool.ask(
    questionOf(staged, subject, rules, series, ['promql_expr_test:', ...cases], how),
  )
  const silent = (words: string): Heard => ({
    play: staged,
    series,
    records: [],
    problem: words.split('\n').slice(0, 3).join(' '),
  })
  if (timedOut) return silent(text)
  const records: Recorded[] = []
  for (const failure of readFailures(text)) {
    if (failure.what !== 'expression') return silent(failure.text)
    const evaluation = evaluationAt(failure.at, pace)
    const samples = readSamples(failure.got)
    if (evaluation !== undefined && samples !== undefined)
      records.push({ evaluation, samples, why: instants.get(evaluation) ?? '' })
  }
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
