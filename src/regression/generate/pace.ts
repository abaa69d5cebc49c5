import type { Plan } from '../../promql/solve/plan.ts'
import type { Solved } from '../../promql/solve/solve.ts'
import type { Expression } from '../../promql/tree.ts'
import { walk } from '../../promql/walk.ts'

/** How a rule is played: seconds between samples and between evaluations, and how long things take. */
export interface Pace {
  readonly sample: number
  readonly evaluation: number
  /** How far back the expression looks. */
  readonly reach: number
  readonly for: number
  readonly keepFiringFor: number
}

const NICE = [
  1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
  604_800,
]
const MOST_EVALUATIONS = 1_200

/** Fine enough that half and double of each duration can be told from it, coarse enough to be quick. */
export function paceOf(
  expression: Expression,
  reach: number,
  durations: { readonly for: number; readonly keepFiringFor: number },
  /** Changes a second that must be seen. */
  churn = 0,
  /** Seconds that may pass until the clock says what it should. */
  wait = 0,
): Pace {
  const looks = [...walk(expression)].flatMap(({ node }) => {
    if (node.type === 'matrix') return [node.range.seconds ?? 0, node.selector.offset?.seconds ?? 0]
    if (node.type === 'subquery') return [node.range.seconds ?? 0, node.offset?.seconds ?? 0]
    return node.type === 'selector' ? [node.offset?.seconds ?? 0] : []
  })
  const waits = [durations.for, durations.keepFiringFor].filter(seconds => seconds > 0)
  const fine = [
    ...looks.filter(seconds => seconds > 0).map(seconds => seconds / 4),
    ...waits.map(seconds => seconds / 2),
    ...(churn > 0 ? [1 / churn] : []),
  ]
  const sample = Math.max(1, fine.length === 0 ? 60 : nice(Math.min(...fine), [...looks, ...waits]))
  const total = 4 * (reach + durations.for) + durations.keepFiringFor + 2 * wait
  const evaluation =
    total / sample <= MOST_EVALUATIONS ? rare(sample, [...looks, ...waits]) : coarser(sample, total / MOST_EVALUATIONS)
  return { sample, evaluation, reach, ...durations }
}

/**
 * Rules beside the one that is tested which look back no further than this, seconds, are played with it from the beginning, as they may
 * fail by the same series; those that look at days would cost more than all the rest.
 */
export function furthestOf({ reach }: Pace): number {
  return Math.max(6 * 3600, 4 * reach)
}

/** How far back anything of the plan looks. */
export function reachOf({ classes }: Plan): number {
  return Math.max(0, ...classes.flatMap(({ windows }) => windows))
}

/** The most changes a second that any of the input makes. */
export function churnOf({ solutions }: Solved): number {
  const situations = solutions.flatMap(({ situation, variations }) => [
    situation,
    ...variations.map(one => one.situation),
  ])
  return Math.max(0, ...situations.flatMap(({ motions }) => motions.map(({ churn }) => churn)))
}

/** The largest plain number of seconds that is no more than `most` and goes into all durations, as far as there is one. */
function nice(most: number, durations: readonly number[]): number {
  const fits = (seconds: number) => durations.every(duration => duration % seconds === 0)
  // A quarter of a window divides without rounding: what should lie exactly on a threshold does.
  if (Number.isInteger(most) && fits(most)) return most
  const smaller = NICE.filter(seconds => seconds <= most).reverse()
  return smaller.find(fits) ?? smaller[0] ?? most
}

/** Every second sample, where half of each duration can still be told. */
function rare(sample: number, durations: readonly number[]): number {
  const some = durations.filter(duration => duration > 0)
  return some.length > 0 && some.every(duration => (duration / 2) % (2 * sample) === 0) ? 2 * sample : sample
}

function coarser(sample: number, least: number): number {
  return NICE.find(seconds => seconds >= least && seconds % sample === 0) ?? sample * Math.ceil(least / sample)
}
