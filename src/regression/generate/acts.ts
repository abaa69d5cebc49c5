import type { Plan } from '../../promql/solve/plan.ts'
import { isEveryday } from '../../promql/solve/search.ts'
import { type Motion, type PlannedSeries, type Situation, seriesOf } from '../../promql/solve/situation.ts'
import { describeCondition, type Solution, type Variation } from '../../promql/solve/solve.ts'
import type { PlayedSeries, Stretch } from '../../promql/solve/timeline.ts'
import type { Pace } from './pace.ts'

/** What a stretch of a play is there to show; undefined: whatever the engine says. */
export type Intent = 'fires' | 'quiet' | undefined

export interface Act extends Stretch {
  readonly intent: Intent
  /** What is so in it, in words. */
  readonly words: string
}

/** One test: input series through several stretches. */
export interface Play {
  readonly name: string
  readonly shows: 'life' | 'thresholds' | 'windows' | 'matchers' | 'labels'
  readonly acts: readonly Act[]
  readonly series: readonly PlayedSeries[]
}

/** The variation nearest to firing that looks most like everyday: nothing below zero. */
export function calmOf({ variations }: Solution): Variation | undefined {
  const quiet = variations.filter(({ gives }) => !gives)
  const beside = quiet.filter(({ side }) => side === -1 || side === 1)
  const everyday = beside.find(({ situation }) => isEveryday(situation))
  return everyday ?? beside[0] ?? quiet.find(({ side }) => side === 0) ?? quiet[0]
}

/** On which side of which condition it lies. */
export function wordsOf({ condition, side }: Variation): string {
  const text = describeCondition({ ...condition, wanted: true })
  switch (side) {
    case 'absent':
      return `not: ${text}`
    case 'present':
      return text
    case 0:
      return `at the threshold of ${text}`
    default:
      return `just ${side < 0 ? 'below' : 'above'} the threshold of ${text}`
  }
}

/** All series that any act needs. */
export function playersOf(plan: Plan, acts: readonly Act[]): PlayedSeries[] {
  const counts: Record<string, number> = {}
  for (const { situation } of acts)
    for (const [label, count] of Object.entries(situation.counts)) counts[label] = Math.max(counts[label] ?? 1, count)
  return seriesOf(plan, { counts }).map((series: PlannedSeries) => ({ series }))
}

/** A situation as acts: what turns needs its past first. */
export function actsOf(situation: Situation, pace: Pace, intent: Intent, words: string, longer = 0): Act[] {
  const step = Math.max(pace.sample, pace.evaluation)
  const whole = (seconds: number) => Math.ceil(seconds / step) * step
  const { elapsed } = situation
  if (elapsed === undefined) {
    const reach = whole(pace.reach)
    const seconds = reach + whole(pace.for + longer) + 2 * step
    // What drifts is where it should be when it begins to count; what must stay quiet, at the very end.
    return [{ situation, seconds, anchor: intent === 'quiet' ? seconds : reach, intent, words }]
  }
  const before: Situation = {
    ...situation,
    elapsed: undefined,
    motions: situation.motions.map(({ past, ...motion }): Motion => ({ ...motion, past: undefined, ...past })),
  }
  const now: Situation = {
    ...situation,
    elapsed: undefined,
    motions: situation.motions.map((motion): Motion => ({ ...motion, past: undefined })),
  }
  const seconds = whole(elapsed) + whole(pace.for) + step
  return [
    {
      situation: before,
      seconds: whole(pace.reach) + step,
      anchor: whole(pace.reach) + step,
      intent: undefined,
      words: 'before',
    },
    { situation: now, seconds, anchor: seconds, intent, words },
  ]
}
