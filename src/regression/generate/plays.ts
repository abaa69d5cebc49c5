import { keyOf } from '../../promql/solve/conditions.ts'
import { isCounter, type Plan, type SeriesClass, satisfies, selects, valueFor } from '../../promql/solve/plan.ts'
import { isEveryday } from '../../promql/solve/search.ts'
import { countOf, type Motion, type PlannedSeries, type Situation, seriesOf } from '../../promql/solve/situation.ts'
import { describeCondition, type Solution, type Solved, type Variation } from '../../promql/solve/solve.ts'
import type { PlayedSeries, Stretch } from '../../promql/solve/timeline.ts'
import type { Aggregation, Expression } from '../../promql/tree.ts'
import { metricName, selectors, walk } from '../../promql/walk.ts'
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

/** Everything that is to be shown of one alert. */
export function playsOf(solved: Solved, expression: Expression, pace: Pace): Play[] {
  return [
    ...solved.solutions.flatMap(solution => [
      lifeOf(solved, solution, pace),
      ...thresholdsOf(solved, solution, pace),
      ...windowsOf(solved, solution, pace),
    ]),
    ...solved.solutions
      .slice(0, 2)
      .flatMap(solution => [...matchersOf(solved, solution, pace), ...labelsOf(solved, solution, expression, pace)]),
  ]
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

/** The variation nearest to firing that looks most like everyday: nothing below zero. */
export function calmOf({ variations }: Solution): Variation | undefined {
  const quiet = variations.filter(({ gives }) => !gives)
  const beside = quiet.filter(({ side }) => side === -1 || side === 1)
  const everyday = beside.find(({ situation }) => isEveryday(situation))
  return everyday ?? beside[0] ?? quiet.find(({ side }) => side === 0) ?? quiet[0]
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

function wordsOf({ condition, side }: Variation): string {
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

const opposite = { '=': '!=', '!=': '=', '=~': '!~', '!~': '=~' } as const

/**
 * Series that a matcher of the rule keeps out: alone they do nothing, and beside those that it lets in they change nothing.
 * Where the rule joins, they come with everything else that would make them count.
 */
function matchersOf({ plan }: Solved, solution: Solution, pace: Pace): Play[] {
  const calm = calmOf(solution)
  return plan.classes.flatMap((planned, index) => {
    const strangers = planned.selector.matchers.flatMap(matcher => {
      if (matcher.label === '__name__' && planned.selector.name !== undefined) return []
      const others = planned.selector.matchers.filter(other => other !== matcher && other.label === matcher.label)
      const against = [...others, { ...matcher, operator: opposite[matcher.operator] }]
      // Where every value is let in, those are kept out that lack the label.
      const lacking = matcher.label !== '__name__' && against.every(one => satisfies(one, '')) ? '' : undefined
      const value = valueFor(matcher.label, against) ?? lacking
      return value === undefined ? [] : [{ label: matcher.label, value }]
    })
    if (strangers.length === 0) return []
    const own = new Set(plan.classes.flatMap(({ labels }, other) => (selects(planned.selector, labels) ? [other] : [])))
    const source = [...own].find(other => plan.classes[other]?.owned) ?? index
    const shown = (situation: Situation, present: (other: number) => boolean | undefined): Situation => ({
      ...situation,
      motions: situation.motions.map((motion, other) => ({ ...motion, present: present(other) ?? motion.present })),
    })
    const without = shown(solution.situation, other => (own.has(other) ? false : undefined))
    const there = shown(solution.situation, other => (other === source ? true : undefined))
    // Where it fires because they are absent, as they are when it does not.
    const model = solution.situation.motions[source]?.present ? there : (calm?.situation ?? there)
    const moving = actsOf(model, pace, undefined, '').at(-1)?.situation
    const quiet = isWithin(plan, planned, () => true) ? quietBy(planned, solution).filter(one => one !== calm) : []
    const scenes = [
      { own: without, intent: undefined, words: `only series that ${planned.metric} does not select`, by: 1 },
      // Where only one of several counts, the others are seen when they are more than it.
      ...(isWithin(plan, planned, ({ operator }) => CHOOSING.has(operator)) ? [1, LOUD] : [1]).flatMap(by => [
        ...(calm === undefined ? [] : [calm, ...quiet]).map(one => ({
          own: one.situation,
          intent: 'quiet' as const,
          words: `quiet, whatever they do`,
          by,
        })),
        { own: solution.situation, intent: 'fires' as const, words: 'fires, whatever they do', by },
      ]),
    ]
    const staged = scenes.map(({ own, intent, words, by }) => ({ acts: actsOf(own, pace, intent, words), by }))
    const acts = staged.flatMap(stage => stage.acts)
    const strange = staged.flatMap(stage => stage.acts.map(() => moving && louder(moving, stage.by)))
    const cast = playersOf(plan, acts)
    const name = `series that no matcher of ${planned.metric} selects`
    const twins = (all: boolean) =>
      strangers.flatMap(({ label, value }) =>
        cast.flatMap(({ series }): PlayedSeries[] => {
          const reader = plan.classes[series.classIndex]
          const fits = reader?.selector.matchers.every(matcher => matcher.label !== label || satisfies(matcher, value))
          const wanted = series.classIndex === source || (all && series.labels[label] !== undefined && fits)
          if (!wanted) return []
          const { [label]: _, ...rest } = series.labels
          const labels = value === '' ? rest : { ...rest, [label]: value }
          return [{ series: { ...series, labels }, follows: act => strange[act] }]
        }),
      )
    const alone = twins(false)
    const joined = twins(true)
    return [
      { name, shows: 'matchers' as const, acts, series: [...cast, ...alone] },
      ...(joined.length > alone.length
        ? [{ name: `${name}, with all that they join`, shows: 'matchers' as const, acts, series: [...cast, ...joined] }]
        : []),
    ]
  })
}

/** How much more. */
const LOUD = 10
const MOST_QUIET = 3

/** Situations in which a condition on these series keeps the rule quiet. */
function quietBy(planned: SeriesClass, { variations }: Solution): Variation[] {
  const about = ({ condition: { node } }: Variation) => selectors(node).some(one => selects(one, planned.labels))
  return variations.filter(one => !one.gives && (one.side === 1 || one.side === -1) && about(one)).slice(0, MOST_QUIET)
}

/** Are they read inside such an aggregation? */
function isWithin({ expression }: Plan, { selector }: SeriesClass, such: (around: Aggregation) => boolean): boolean {
  return [...walk(expression)].some(
    ({ node, ancestors }) =>
      node.type === 'selector' &&
      metricName(node) === metricName(selector) &&
      ancestors.some(around => around.type === 'aggregation' && such(around)),
  )
}

const CHOOSING = new Set(['max', 'min', 'topk', 'bottomk', 'quantile'])

function louder(situation: Situation, by: number): Situation {
  const motions = situation.motions.map(motion => ({ ...motion, level: motion.level * by, slope: motion.slope * by }))
  return by === 1 ? situation : { ...situation, motions }
}

/** For each label that the rule groups or joins by: others that differ in it alone and are quiet do not matter. */
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

/** All series that any act needs. */
function playersOf(plan: Plan, acts: readonly Act[]): PlayedSeries[] {
  const counts: Record<string, number> = {}
  for (const { situation } of acts)
    for (const [label, count] of Object.entries(situation.counts)) counts[label] = Math.max(counts[label] ?? 1, count)
  return seriesOf(plan, { counts }).map((series: PlannedSeries) => ({ series }))
}

/** A situation as acts: what turns needs its past first. */
function actsOf(situation: Situation, pace: Pace, intent: Intent, words: string, longer = 0): Act[] {
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
