import { Estimate } from '../../promql/solve/estimate.ts'
import type { Plan } from '../../promql/solve/plan.ts'
import type { Stretch } from '../../promql/solve/timeline.ts'
import type { Expression } from '../../promql/tree.ts'
import { walk } from '../../promql/walk.ts'
import type { Pace } from './pace.ts'

const DAY = 86_400
const WEEK = 7 * DAY
const PERIODS: Readonly<Record<string, number>> = { minute: 3_600, hour: DAY, day_of_week: WEEK }

/** Seconds after which the clock says the same to an expression; zero where it does not ask, or asks for the date. */
export function periodOf(expression: Expression): number {
  const periods = [...walk(expression)].map(({ node }) => (node.type === 'call' ? (PERIODS[node.name] ?? 0) : 0))
  return Math.max(0, ...periods)
}

/** The same acts, each prolonged until it ends at a time at which it shows what it should. promtool begins on a Thursday at midnight. */
export function onTime<Act extends Stretch>(acts: readonly Act[], plan: Plan, pace: Pace): Act[] {
  const period = periodOf(plan.expression)
  if (period === 0) return [...acts]
  let began = 0
  return acts.map(act => {
    const wait = waitOf(act, began + act.seconds, plan, pace, period)
    began += act.seconds + wait
    return { ...act, seconds: act.seconds + wait, anchor: act.anchor + wait }
  })
}

function waitOf({ situation }: Stretch, end: number, plan: Plan, pace: Pace, period: number): number {
  const step = Math.max(pace.sample, pace.evaluation)
  const gives = (now: number) => new Estimate(plan, { ...situation, now }, false).of(plan.expression).length > 0
  const wanted = gives(situation.now)
  const held = wanted ? pace.for : 0
  if ([end, end - held].every(now => gives(now) === wanted)) return 0
  const edge = Math.floor(situation.now / step) * step
  const target = gives(edge) === wanted && gives(edge + held) === wanted ? edge + held : edge
  return (((target - end) % period) + period) % period
}
