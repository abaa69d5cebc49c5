import { printNumber } from '../print.ts'
import { formatSeriesName, type ValueRun } from '../series-notation.ts'
import type { Plan } from './plan.ts'
import { isCounter } from './plan.ts'
import { countOf, type PlannedSeries, pace, type Situation } from './situation.ts'

/** A situation that is held for a while. */
export interface Stretch {
  readonly situation: Situation
  /** Seconds. */
  readonly seconds: number
  /** Seconds after its begin at which levels are as the situation says, where they move. */
  readonly anchor: number
}

/** A series through all stretches; `follows` gives another situation for a stretch than the one that all others are in. */
export interface PlayedSeries {
  readonly series: PlannedSeries
  readonly follows?: (index: number) => Situation | undefined
}

export interface Notation {
  readonly series: string
  readonly values: string
}

/** Each series in promtool's notation, one value every `step` seconds from zero to the end. */
export function play(
  plan: Plan,
  stretches: readonly Stretch[],
  all: readonly PlayedSeries[],
  step: number,
): Notation[] {
  return all.flatMap(({ series, follows }) => {
    const situations = stretches.map(({ situation }, index) => follows?.(index) ?? situation)
    const runs = runsOf(plan, stretches, situations, series, step)
    if (runs.every(({ first }) => typeof first !== 'number')) return []
    const { __name__: metric = '', ...labels } = series.labels
    return [{ series: formatSeriesName({ metric, labels }), values: runs.map(formatRun).join(' ') }]
  })
}

function runsOf(
  plan: Plan,
  stretches: readonly Stretch[],
  situations: readonly Situation[],
  series: PlannedSeries,
  step: number,
): ValueRun[] {
  const planned = plan.classes[series.classIndex]
  if (planned === undefined) return []
  const counter = isCounter(planned)
  const runs: ValueRun[] = []
  let began = 0
  let total = counter ? lift(plan, stretches, situations, series) : 0
  let there = false
  stretches.forEach(({ seconds, anchor }, index) => {
    const situation = situations[index]
    const motion = situation?.motions[series.classIndex]
    if (situation === undefined || motion === undefined) return
    // The last instant of a stretch belongs to it: slopes begin behind it.
    const skipped = index === 0 ? 0 : 1
    const count = Math.round(seconds / step) + 1 - skipped
    const { level, slope } = pace(series, planned, motion, countOf(planned, situation))
    if (!motion.present || series.replica >= countOf(planned, situation)) {
      if (there) runs.push({ first: 'stale', step: 0, count: 1 })
      if (count > (there ? 1 : 0)) runs.push({ first: 'missing', step: 0, count: count - (there ? 1 : 0) })
      there = false
    } else if (motion.churn > 0) {
      there = true
      for (let number = skipped; number < count + skipped; number++) {
        const jump = Math.floor((began + number * step) * motion.churn + 1e-9) % 2
        runs.push({ first: tidy(level + jump), step: 0, count: 1 })
      }
    } else {
      const by = motion.clock ? step : counter || slope === 0 ? tidy(slope * step) : dyadic(slope * step)
      const first = motion.clock
        ? tidy(began + skipped * step + level)
        : counter
          ? tidy(total + skipped * by)
          : level + by * (skipped - anchor / step)
      runs.push({ first, step: by, count })
      total = tidy(first + by * (count - 1))
      there = true
    }
    began += seconds
  })
  return runs
}

/** Where something that will fall has to begin, so that it stays above zero. */
function lift(
  plan: Plan,
  stretches: readonly Stretch[],
  situations: readonly Situation[],
  series: PlannedSeries,
): number {
  let total = 0
  let lowest = 0
  stretches.forEach(({ seconds }, index) => {
    const situation = situations[index]
    const planned = plan.classes[series.classIndex]
    const motion = situation?.motions[series.classIndex]
    if (situation === undefined || planned === undefined || motion === undefined) return
    total += pace(series, planned, motion, countOf(planned, situation)).slope * seconds
    lowest = Math.min(lowest, total)
  })
  return lowest < 0 ? 10 ** Math.ceil(Math.log10(-lowest + 1)) : 0
}

function formatRun({ first, step, count }: ValueRun): string {
  if (first === 'stale') return 'stale'
  if (first === 'missing') return count === 1 ? '_' : `_x${count}`
  const text = number(first)
  if (count === 1) return text
  return step === 0 ? `${text}x${count - 1}` : `${text}${step < 0 ? '-' : '+'}${number(Math.abs(step))}x${count - 1}`
}

/** An exponent's plus would be taken for a step. */
const number = (value: number) => printNumber(value).replace('e+', 'e')

/** A near value that adds up without rounding, so that levels are hit exactly. */
function dyadic(value: number): number {
  const scale = 2 ** (11 - Math.ceil(Math.log2(Math.abs(value))))
  return Math.round(value * scale) / scale
}

/** Without the noise of adding up. */
function tidy(value: number): number {
  return Number(value.toPrecision(13))
}
