import { formatDuration } from '../../model/duration.ts'
import type { Plan } from '../../promql/solve/plan.ts'
import { type Notation, play } from '../../promql/solve/timeline.ts'
import type { Question } from '../promtool/pool.ts'
import { entry, writeTestFile } from '../promtool/test-file.ts'
import type { Play } from './acts.ts'
import type { Pace } from './pace.ts'
import { headOf, type Tested } from './subject.ts'

const DAY = 86_400

/** How a play is put on. */
export interface Staging {
  readonly plan: Plan
  readonly pace: Pace
  /** How far back rules may look that are not needed, seconds. */
  readonly furthest: number
}

/** The input series of a play. */
export function seriesIn({ acts, series }: Play, { plan, pace }: Staging): Notation[] {
  return play(plan, acts, series, pace.sample)
}

/** Seconds that a play takes. */
export const lengthOf = ({ acts }: Play): number => acts.reduce((sum, { seconds }) => sum + seconds, 0)

/** Asks about the series of a play on these rules; `cases` are lines of YAML. */
export function questionOf(
  staged: Play,
  { order }: Pick<Tested, 'order'>,
  rules: string,
  series: readonly Notation[],
  cases: readonly string[],
  { pace }: Staging,
): Question {
  const lines = [
    `interval: ${formatDuration(pace.sample)}`,
    'input_series:',
    ...series.map(one => `- {series: ${JSON.stringify(one.series)}, values: ${JSON.stringify(one.values)}}`),
    ...cases,
  ]
  const length = lengthOf(staged)
  return {
    file: { rules, tests: ruleFiles => writeTestFile(headOf(pace, order), ruleFiles, [entry(lines)]) },
    long: length > DAY,
    weight: Math.floor(length / pace.evaluation),
  }
}

/** The number of the evaluation at an instant that promtool wrote, `1h0m0s` or `5m`; undefined when it is none. */
export function evaluationAt(text: string, { evaluation }: Pace): number | undefined {
  let seconds = 0
  for (const [, count = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/g))
    seconds += Number(count) * ({ ms: 0.001, s: 1, m: 60, h: 3600, d: DAY, w: 7 * DAY, y: 365 * DAY }[unit] ?? 0)
  return Number.isFinite(seconds) ? Math.round(seconds / evaluation) : undefined
}
