import { isDeepStrictEqual } from 'node:util'
import { accepts } from '../../promql/regex.ts'
import { formatSeriesName } from '../../promql/series-notation.ts'
import { type Plan, type SeriesClass, selects, valueFor } from '../../promql/solve/plan.ts'
import type { Motion, Situation } from '../../promql/solve/situation.ts'
import type { Solution, Solved, Variation } from '../../promql/solve/solve.ts'
import type { PlayedSeries } from '../../promql/solve/timeline.ts'
import type { Aggregation } from '../../promql/tree.ts'
import { metricName, selectors, walk } from '../../promql/walk.ts'
import { actsOf, calmOf, type Intent, type Play, playersOf } from './acts.ts'
import type { Pace } from './pace.ts'

const opposite = { '=': '!=', '!=': '=', '=~': '!~', '!~': '=~' } as const

interface Scene {
  readonly own: Situation
  readonly intent: Intent
  readonly words: string
  /** How those behave that are kept out. */
  readonly strange: Situation
}

/**
 * Series that a matcher of the rule keeps out: alone they do nothing, and beside those that it lets in they change nothing.
 * Where the rule joins, they come with everything else that would make them count.
 */
export function matchersOf({ plan }: Solved, solution: Solution, pace: Pace): Play[] {
  const calm = calmOf(solution)
  return plan.classes.flatMap((planned, index) => {
    const strangers = planned.selector.matchers.flatMap(matcher => {
      if (matcher.label === '__name__' && planned.selector.name !== undefined) return []
      const others = planned.selector.matchers.filter(other => other !== matcher && other.label === matcher.label)
      const against = [...others, { ...matcher, operator: opposite[matcher.operator] }]
      // Where every value is let in, those are kept out that lack the label.
      const lacking = matcher.label !== '__name__' && against.every(one => accepts(one, '')) ? '' : undefined
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
    const usual = solution.situation.motions[source]?.present ? there : (calm?.situation ?? there)
    const about = quietBy(planned, solution)
    const other = about.find(
      ({ situation: { motions } }) => motions[source]?.present && !moveAlike(motions[source], usual.motions[source]),
    )
    const quiet = isWithin(plan, planned, () => true) ? about.filter(one => one !== calm) : []
    const loud = isWithin(plan, planned, ({ operator }) => CHOOSING.has(operator))
    const scenes: Scene[] = [
      { own: without, intent: undefined, words: `only series that ${planned.metric} does not select`, strange: usual },
      // Where only one of several counts, the others are seen when they are more than it.
      ...(loud ? [usual, louder(usual)] : [usual]).flatMap(strange => [
        ...(calm === undefined ? [] : [calm, ...quiet]).map(
          ({ situation }): Scene => ({ own: situation, intent: 'quiet', words: 'quiet, whatever they do', strange }),
        ),
        { own: solution.situation, intent: 'fires' as const, words: 'fires, whatever they do', strange },
      ]),
      ...(other === undefined
        ? []
        : [
            {
              own: solution.situation,
              intent: 'fires' as const,
              words: 'fires, though they are as when it does not',
              strange: other.situation,
            },
          ]),
    ]
    const staged = scenes.map(({ own, intent, words, strange }) => ({
      acts: actsOf(own, pace, intent, words),
      strange: actsOf(strange, pace, undefined, '').at(-1)?.situation,
    }))
    const acts = staged.flatMap(stage => stage.acts)
    const strange = staged.flatMap(stage => stage.acts.map(() => stage.strange))
    const cast = playersOf(plan, acts)
    const name = `series that no matcher of ${planned.metric} selects`
    const twins = (all: boolean) => {
      const made = strangers.flatMap(({ label, value }) =>
        cast.flatMap(({ series }): PlayedSeries[] => {
          const reader = plan.classes[series.classIndex]
          const fits = reader?.selector.matchers.every(matcher => matcher.label !== label || accepts(matcher, value))
          const wanted = series.classIndex === source || (all && series.labels[label] !== undefined && fits)
          if (!wanted) return []
          const { [label]: _, ...rest } = series.labels
          const labels = value === '' ? rest : { ...rest, [label]: value }
          return [{ series: { ...series, labels }, follows: act => strange[act] }]
        }),
      )
      // Several that differ in this label become one.
      return [...new Map(made.map(one => [formatSeriesName({ metric: '', labels: one.series.labels }), one])).values()]
    }
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
  return variations
    .filter(one => !one.gives && one.side !== 0 && one.side !== 'absent' && about(one))
    .slice(0, MOST_QUIET)
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

function louder(situation: Situation): Situation {
  const motions = situation.motions.map(motion => ({
    ...motion,
    level: motion.level * LOUD,
    slope: motion.slope * LOUD,
  }))
  return { ...situation, motions }
}

const moveAlike = (a: Motion | undefined, b: Motion | undefined): boolean => isDeepStrictEqual(a, b)
