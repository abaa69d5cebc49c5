import { keyOf } from '../../promql/solve/conditions.ts'
import { isCounter, type Plan, valueFor } from '../../promql/solve/plan.ts'
import { countOf, type Motion, type Situation } from '../../promql/solve/situation.ts'
import { describeCondition, type Solution, type Solved } from '../../promql/solve/solve.ts'
import type { PlayedSeries } from '../../promql/solve/timeline.ts'
import type { Expression } from '../../promql/tree.ts'
import { walk } from '../../promql/walk.ts'
import { type Act, actsOf, calmOf, type Intent, type Play, playersOf, wordsOf } from './acts.ts'
import { onTime } from './clock.ts'
import type { Pace } from './pace.ts'
import { matchersOf } from './strangers.ts'

/** Everything that is to be shown of one alert. */
export function playsOf(solved: Solved, expression: Expression, pace: Pace): Play[] {
  const plays = [
    ...solved.solutions.flatMap(solution => [
      lifeOf(solved, solution, pace),
      ...thresholdsOf(solved, solution, pace),
      ...histogramsOf(solved, solution, pace),
      ...windowsOf(solved, solution, pace),
    ]),
    ...solved.solutions
      .slice(0, 2)
      .flatMap(solution => [...matchersOf(solved, solution, pace), ...labelsOf(solved, solution, expression, pace)]),
  ]
  return plays.map(play => ({ ...play, acts: onTime(play.acts, solved.plan, pace) }))
}

/** Quiet, firing, quiet again. */
function lifeOf(solved: Solved, solution: Solution, pace: Pace): Play {
  const calm = calmOf(solution)
  const words = solution.way.map(describeCondition).join(' and ')
  const firing = actsOf(solution.situation, pace, 'fires', words)
  const acts =
    calm === undefined
      ? firing
      : [
          ...actsOf(calm.situation, pace, 'quiet', wordsOf(calm)),
          ...firing,
          ...actsOf(calm.situation, pace, 'quiet', wordsOf(calm), pace.keepFiringFor),
        ]
  return {
    name: calm === undefined ? 'always fires' : 'fires and resolves',
    shows: 'life',
    acts,
    series: playersOf(solved.plan, acts),
  }
}

/** Every condition on both sides of its threshold and on it, one after the other. */
function thresholdsOf(solved: Solved, solution: Solution, pace: Pace): Play[] {
  const calm = calmOf(solution)
  const rest = solution.variations.filter(variation => variation !== calm)
  const acts = [
    ...rest.flatMap(variation =>
      actsOf(variation.situation, pace, variation.gives ? undefined : 'quiet', wordsOf(variation)),
    ),
    ...(calm === undefined ? [] : dissentOf(solved.plan, solution.situation, calm.situation, pace)),
  ]
  if (acts.length === 0) return []
  return [
    { name: 'at each threshold and just beside it', shows: 'thresholds', acts, series: playersOf(solved.plan, acts) },
  ]
}

/** Firing and quiet in turn, by each class of series that is read over a window: how long it takes tells how long the window is. */
function windowsOf({ plan }: Solved, { situation, turns }: Solution, pace: Pace): Play[] {
  if (turns.length === 0 || situation.elapsed !== undefined) return []
  const acts = turns.flatMap(turn => [
    ...actsOf(situation, pace, 'fires', 'fires'),
    ...actsOf(turn.situation, pace, undefined, `${turn.metric} ${turn.gone ? 'is gone' : 'makes it quiet'}`),
  ])
  return [{ name: 'begins and ends with each window', shows: 'windows', acts, series: playersOf(plan, acts) }]
}

/** One replica fires and the others do not, and the other way round: sum, least and most must not be mistaken for each other. */
function dissentOf(plan: Plan, firing: Situation, calm: Situation, pace: Pace): Act[] {
  const replicated = firing.motions.flatMap((_, index) => (isReplicated(plan, firing, index) ? [index] : []))
  return replicated.slice(0, 4).flatMap(index => {
    const planned = plan.classes[index]
    const [fires, quiet] = [firing.motions[index], calm.motions[index]]
    if (planned === undefined || fires === undefined || quiet === undefined) return []
    const worth = (motion: Motion) => (isCounter(planned) ? motion.slope : motion.level)
    const mixed = (own: Motion, rest: number): Situation => ({
      ...firing,
      motions: firing.motions.map((motion, other) => (other === index ? { ...own, share: 1, rest } : motion)),
    })
    // Where it is not what makes the difference, nothing at all does.
    const other = worth(quiet) === worth(fires) ? 0 : worth(quiet)
    return [
      ...actsOf(mixed(fires, other), pace, undefined, `one ${planned.metric} as when it fires, the others not`),
      ...actsOf(
        mixed({ ...fires, level: other, slope: isCounter(planned) ? other : fires.slope }, worth(fires)),
        pace,
        undefined,
        `one ${planned.metric} not as when it fires, the others so`,
      ),
    ]
  })
}

function isReplicated(plan: Plan, situation: Situation, index: number): boolean {
  const planned = plan.classes[index]
  return planned?.owned === true && planned.buckets === undefined && countOf(planned, situation) > 1
}

const SLOWER = 4

/** Histograms that observe other things in other buckets: how they are put together tells. */
function histogramsOf({ plan }: Solved, solution: Solution, pace: Pace): Play[] {
  const calm = calmOf(solution)
  const acts = [
    ...actsOf(solution.situation, pace, undefined, 'one histogram lies higher and lacks buckets'),
    ...(calm === undefined ? [] : actsOf(calm.situation, pace, undefined, 'the same while it is quiet')),
  ]
  const slower = acts.map(({ situation }) => ({
    ...situation,
    motions: situation.motions.map(motion => ({ ...motion, reach: motion.reach * SLOWER })),
  }))
  const differs = ({ series }: PlayedSeries) => series.bucket !== undefined && series.replica > 0
  const cast = playersOf(plan, acts)
  if (!cast.some(differs)) return []
  const series = cast.flatMap((one): PlayedSeries[] => {
    if (!differs(one)) return [one]
    const at = plan.classes[one.series.classIndex]?.buckets?.indexOf(one.series.bucket ?? 0) ?? 0
    const lacks = at % 2 === 1 && one.series.bucket !== Number.POSITIVE_INFINITY
    return lacks ? [] : [{ ...one, follows: act => slower[act] }]
  })
  return [{ name: 'histograms that differ', shows: 'labels', acts, series }]
}

/** For each label that the rule names when it groups or joins: others that differ in it alone. */
function labelsOf({ plan }: Solved, solution: Solution, expression: Expression, pace: Pace): Play[] {
  const calm = calmOf(solution)
  if (calm === undefined) return []
  const labels = new Set<string>()
  for (const { node } of walk(expression)) {
    if (node.type === 'aggregation') for (const label of node.grouping?.labels ?? []) labels.add(label)
    if (node.type === 'binary' && node.matching?.on) for (const label of node.matching.labels) labels.add(label)
  }
  for (const label of plan.replicaLabels) labels.delete(label)
  labels.delete('le')
  labels.delete('__name__')
  // What one lacks the other has: only who mixes the two sees something fire.
  const quiet = solution.variations.filter(({ gives, side }) => !gives && side !== 'present').slice(0, 6)
  const crossed = quiet.flatMap(one =>
    quiet.filter(other => keyOf(other.condition) !== keyOf(one.condition)).map(other => ({ one, other })),
  )
  const scenes = [
    { own: solution.situation, other: calm.situation, intent: 'fires' as Intent, words: 'one fires' },
    { own: solution.situation, other: solution.situation, intent: 'fires' as Intent, words: 'both fire' },
    ...crossed.slice(0, 8).map(({ one, other }) => ({
      own: one.situation,
      other: other.situation,
      intent: 'quiet' as Intent,
      words: `one has ${wordsOf(one)}, the other ${wordsOf(other)}`,
    })),
  ]
  const staged = scenes.map(({ own, other, intent, words }) => {
    const acts = actsOf(own, pace, intent, words)
    const others = actsOf(other, pace, 'quiet', '')
    return {
      acts,
      others: acts.map((_, act) => (others.length === acts.length ? others[act] : others.at(-1))?.situation),
    }
  })
  const acts = staged.flatMap(stage => stage.acts)
  const others = staged.flatMap(stage => stage.others)
  const cast = playersOf(plan, acts)
  return [...labels].flatMap((label): Play[] => {
    const extra = cast.flatMap(({ series }): PlayedSeries[] => {
      const planned = plan.classes[series.classIndex]
      const value = series.labels[label]
      if (planned === undefined || value === undefined) return []
      const own = planned.selector.matchers.filter(matcher => matcher.label === label)
      const other = valueFor(label, own, candidate => candidate === value)
      if (other === undefined) return []
      return [
        {
          series: { ...series, labels: { ...series.labels, [label]: other } },
          follows: act => others[act],
        },
      ]
    })
    if (extra.length === 0) return []
    return [
      {
        name: `one of two that differ in ${label}`,
        shows: 'labels',
        acts,
        series: [...cast, ...extra],
      },
    ]
  })
}
