import { print } from '../print.ts'
import type { Expression } from '../tree.ts'
import { constant, selectors, unwrap, walk } from '../walk.ts'
import { type Condition, type Way, waysOf } from './conditions.ts'
import { type Plan, planSeries, selects } from './plan.ts'
import { MARGIN, Search, type Side, sidesFor } from './search.ts'
import type { Motion, Situation } from './situation.ts'

/** The input with one condition put to the test, everything else as it was. */
export interface Variation {
  readonly condition: Condition
  /** Where the left side of the comparison lies; or the series of a selector are there or not. */
  readonly side: Side | 'absent' | 'present'
  /** The expression still seems to give something. */
  readonly gives: boolean
  readonly situation: Situation
}

/** Input for which the expression gives something, in one of the ways in which it can. */
export interface Solution {
  readonly way: Way
  readonly situation: Situation
  readonly variations: readonly Variation[]
  /** For each class of series that is read over a window: quiet because of what its series do, and because they are gone. */
  readonly turns: readonly { readonly situation: Situation; readonly metric: string; readonly gone: boolean }[]
}

export interface Solved {
  readonly plan: Plan
  readonly solutions: readonly Solution[]
  /** Ways for which no input was found, in words. */
  readonly unsolved: readonly string[]
  /** It gives something whatever the input is. */
  readonly always: boolean
}

export interface SolveOptions {
  /** Labels that the series should have besides those that the expression names. */
  readonly labels?: readonly string[]
  /** Estimates that may be made for it: the limit of work. */
  readonly budget?: number
  /** How far from its threshold a value is put, relative to it. */
  readonly margin?: number
  /** Seconds between two samples. */
  readonly sample?: number
  /** How many series there are of what is aggregated, where that suits. */
  readonly replicas?: number
}

/** Input series for which an expression gives something, and for which it just does not. */
export function solve(expression: Expression, options: SolveOptions = {}): Solved | { readonly reason: string } {
  const plan = planSeries(expression, options.labels === undefined ? {} : { labels: options.labels })
  if ('reason' in plan) return plan
  const ways = waysOf(expression, true)
  const always = waysOf(expression, false).length === 0
  const solutions: Solution[] = []
  const unsolved: string[] = []
  for (const way of ways) {
    const search = new Search(plan, {
      budget: Math.floor((options.budget ?? 60_000) / Math.max(1, ways.length)),
      margin: options.margin ?? MARGIN,
      sample: options.sample ?? 60,
      replicas: options.replicas ?? 2,
    })
    const situation = search.solve(way)
    if (situation === undefined) unsolved.push(describeWay(way))
    else
      solutions.push({
        way,
        situation,
        variations: [...variationsOf(way, situation, search), ...probesOf(plan, situation, search)],
        turns: turnsOf(way, situation, search),
      })
  }
  return { plan, solutions, unsolved, always }
}

function variationsOf(way: Way, situation: Situation, search: Search): Variation[] {
  search.budget += 20_000
  return way.flatMap((condition): Variation[] => {
    if (condition.what === 'presence') {
      if (condition.wanted) {
        const moved = presence(search.plan, situation, condition, motion => ({ ...motion, present: false }))
        return [{ condition, side: 'absent', gives: search.gives(moved), situation: moved }]
      }
      // As few as there can be, and worth nothing: what counts them must not be mistaken for what adds them up.
      const single = { ...situation, counts: Object.fromEntries(search.plan.replicaLabels.map(label => [label, 1])) }
      return [situation, single].flatMap((from): Variation[] =>
        [1, 0].map(level => {
          const moved = presence(search.plan, from, condition, motion => ({ ...motion, present: true, level }))
          return { condition, side: 'present', gives: search.gives(moved), situation: moved }
        }),
      )
    }
    const good = sidesFor(condition)
    const sides: readonly Side[] = [-1, 1, 0]
    const moved = sides.flatMap((side): Variation[] => {
      // Where the solution itself lies, if it lies close.
      if (side === good[0] && (condition.node.operator === '!=' || search.isNear(condition, situation))) return []
      const there = search.move(way, condition, side, situation)
      return there === undefined ? [] : [{ condition, side, gives: search.gives(there), situation: there }]
    })
    const known = (one: Variation) =>
      moved.some(other => JSON.stringify(other.situation) === JSON.stringify(one.situation))
    return [...moved, ...zeroOf(condition, situation, search).filter(one => !known(one))]
  })
}

/** All series that are compared with zero are zero, whatever becomes of other conditions: dividing by them would give something else. */
function zeroOf(condition: Condition & { what: 'comparison' }, situation: Situation, search: Search): Variation[] {
  const { node } = condition
  const compared = unwrap(node.left)
  if (compared.type !== 'selector' || constant(node.right) !== 0 || node === unwrap(search.plan.expression)) return []
  const moved = presence(search.plan, situation, { what: 'presence', node: compared, wanted: true }, motion => ({
    ...motion,
    level: 0,
    slope: 0,
    rest: undefined,
  }))
  return [{ condition, side: 0, gives: search.gives(moved), situation: moved }]
}

/** Comparisons that give 0 or 1 decide nothing by themselves; their thresholds are looked at all the same. */
function probesOf(plan: Plan, situation: Situation, search: Search): Variation[] {
  return [...walk(plan.expression)].flatMap(({ node }): Variation[] => {
    if (node.type !== 'binary' || !node.bool) return []
    const condition: Condition = { what: 'comparison', node, wanted: true }
    return ([-1, 0, 1] as const).flatMap((side): Variation[] => {
      const moved = search.move([], condition, side, situation)
      return moved === undefined ? [] : [{ condition, side, gives: search.gives(moved), situation: moved }]
    })
  })
}

function turnsOf(way: Way, situation: Situation, search: Search): Solution['turns'] {
  search.budget += 10_000
  const { plan } = search
  return plan.classes.flatMap(({ owned, windows, metric, labels }, index) => {
    if (!owned || !situation.motions[index]?.present || !windows.some(seconds => seconds > 0)) return []
    const motions = situation.motions.map((motion, other) => (other === index ? { ...motion, present: false } : motion))
    const gone = { situation: { ...situation, motions }, metric, gone: true }
    for (const condition of way) {
      if (condition.what === 'presence' || !selectors(condition.node).some(selector => selects(selector, labels)))
        continue
      for (const side of [-1, 1, 0] as const) {
        if (sidesFor(condition).includes(side)) continue
        const moved = search.move(way, condition, side, situation, index)
        if (moved !== undefined && !search.gives(moved)) return [{ situation: moved, metric, gone: false }, gone]
      }
    }
    return [gone]
  })
}

/** The situation with the series of a selector changed. */
function presence(
  plan: Plan,
  situation: Situation,
  condition: Condition & { what: 'presence' },
  change: (motion: Motion) => Motion,
): Situation {
  const motions = situation.motions.map((motion, index) => {
    const labels = plan.classes[index]?.labels
    return labels !== undefined && selects(condition.node, labels) ? change(motion) : motion
  })
  return { ...situation, motions }
}

/** `a > 1 and not b == 0`. */
export function describeWay(way: Way): string {
  return way.map(describeCondition).join(' and ') || 'always'
}

export function describeCondition({ node, what, wanted }: Condition): string {
  const text = print(node)
  if (what === 'presence') return wanted ? `${text} exists` : `no ${text} exists`
  return wanted ? text : `not ${text}`
}
