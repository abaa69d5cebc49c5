import type { Plan } from './plan.ts'
import { countOf, type Motion, type Situation } from './situation.ts'

/** What can be turned to make a condition come true. */
export type Dial =
  | {
      readonly of: 'motion'
      readonly field: 'level' | 'slope' | 'reach' | 'rest' | 'share'
      readonly index: number
    }
  | { readonly of: 'past'; readonly field: 'level' | 'slope'; readonly index: number }
  /** Changes in a window of so many seconds. */
  | { readonly of: 'churn'; readonly index: number; readonly window: number }
  | { readonly of: 'count'; readonly label: string }
  | { readonly of: 'now' }

/** The situation with one dial at a value. */
export function turned(situation: Situation, dial: Dial, value: number): Situation {
  if (dial.of === 'now') return { ...situation, now: value }
  if (dial.of === 'count') return { ...situation, counts: { ...situation.counts, [dial.label]: value } }
  const motions = situation.motions.map((motion, index): Motion => {
    if (index !== dial.index) return motion
    if (dial.of === 'churn') return { ...motion, churn: value / dial.window }
    if (dial.of === 'past')
      return { ...motion, past: { level: motion.level, slope: motion.slope, ...motion.past, [dial.field]: value } }
    return { ...motion, [dial.field]: value }
  })
  return { ...situation, motions }
}

const MOST_REPLICAS = 12_000
const MAGNITUDES = Array.from({ length: 46 }, (_, index) => 10 ** (index / 2 - 7))
const FEW = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 30, 50]
/** Of what only very many make a difference. */
export const MANY = [50, 200, 1000, 3000, MOST_REPLICAS]

/** Values at which a dial is tried. */
export function gridFor(dial: Dial, from: Situation, plan: Plan): readonly number[] {
  if (dial.of === 'now') {
    const quarters = Array.from({ length: 7 * 96 }, (_, index) => index * 900)
    return [...quarters, ...Array.from({ length: 52 }, (_, index) => index * 7 * 86_400)]
  }
  if (dial.of === 'count') return FEW
  if (dial.of === 'motion' && dial.field === 'share') {
    const planned = plan.classes[dial.index]
    return Array.from(
      { length: Math.min(40, planned === undefined ? 1 : countOf(planned, from)) + 1 },
      (_, index) => index,
    )
  }
  if (dial.of === 'churn') return Array.from({ length: 33 }, (_, index) => index)
  if (dial.of === 'motion' && dial.field === 'reach') return MAGNITUDES
  const up = [0, 1, ...MAGNITUDES]
  // What only grows has no negative slope.
  const uses = plan.classes[dial.index]?.uses
  const grows =
    uses?.has('slope') &&
    !uses.has('falls') &&
    (dial.field === 'slope' || (dial.field === 'rest' && !uses.has('level')))
  return grows ? up : [...up, ...MAGNITUDES.map(value => -value)]
}

/** What a series rarely does: falling below zero, lying in the future. */
export function unlikeliness(low: number, high: number, dial: Dial, from: Situation): number {
  const clock = dial.of === 'motion' && dial.field === 'level' && from.motions[dial.index]?.clock
  const middle = (low + high) / 2
  if (dial.of === 'churn' || dial.of === 'count') return middle
  return (clock ? 0 : middle < 0 ? 1000 : 0) + Math.abs(Math.log10(Math.abs(middle) + 1e-9) - 1)
}
