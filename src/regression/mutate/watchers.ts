import { parseDuration } from '../../model/duration.ts'
import type { Rule, RuleFile } from '../../monitoring/rules/read.ts'
import { parsePromql } from '../../promql/parse.ts'
import { accepts } from '../../promql/regex.ts'
import type { Expression } from '../../promql/tree.ts'
import { selectors } from '../../promql/walk.ts'
import type { Single } from '../check/single.ts'
import type { CarriedRule } from '../promtool/rule-set.ts'
import { STATE_SERIES } from '../promtool/selection.ts'
import { placesIn, RulePlaces } from './places.ts'

/** A test that can see a rule, and the rule as the test's own rule set has it. */
export interface Watcher {
  readonly single: Single
  readonly rule: CarriedRule
  /** It names the alert: copies of the alert beside the original can be asked in its place. */
  readonly direct: boolean
  /** Besides, other cases of it depend on the rule. */
  readonly indirect: boolean
}

/** Who can see a rule, among these tests. */
export function watchersIn(files: readonly RuleFile[], tests: readonly Single[]): (rule: Rule) => readonly Watcher[] {
  const watchers = new Map<string, Watcher[]>()
  for (const single of tests) {
    const { test, prepared } = single
    const named = new Set(test.alerts.map(({ alert }) => alert))
    const parsed = test.expressions.map(({ expr }) => parsePromql(expr))
    const unreadable = parsed.some(expression => 'error' in expression)
    const expressions = parsed.flatMap(expression => ('error' in expression ? [] : [expression]))
    const needed = prepared.selection.needed(named, expressions)
    const places = placesIn(prepared)
    for (const rule of unreadable ? places.keys() : needed) {
      const direct = rule.kind === 'alert' && named.has(rule.name) && !readsStates(rule.expression)
      const others = [...named].filter(name => name !== rule.name)
      const indirect = !direct || unreadable || prepared.selection.needed(others, expressions).has(rule)
      const place = places.get(rule) ?? ''
      const same = watchers.get(place)
      const watcher = { single, rule, direct, indirect }
      if (same === undefined) watchers.set(place, [watcher])
      else same.push(watcher)
    }
  }
  const own = new RulePlaces(files)
  return rule => watchers.get(own.of(rule)) ?? []
}

/** Could it read the state of alerts? */
export function readsStates(expression: Expression): boolean {
  return selectors(expression).some(selector =>
    [...STATE_SERIES].some(state =>
      selector.name === undefined
        ? selector.matchers.every(matcher => matcher.label !== '__name__' || accepts(matcher, state))
        : selector.name === state,
    ),
  )
}

/** Where they stand, for people. */
export function whereOf(members: readonly Watcher[]): string {
  const [first] = members.map(({ single: { file, test } }) => `${file.file}:${test.line}`)
  return members.length === 1 ? (first ?? '') : `one of ${members.length} tests, ${first} ...`
}

export const secondsOf = ({ at }: { readonly at: string }): number => parseDuration(at) ?? Number.POSITIVE_INFINITY

/** How often promtool evaluates the rules for it. */
export function evaluationsOf({ single: { file, test } }: Watcher): number {
  return Math.max(0, ...test.alerts.map(secondsOf)) / (parseDuration(file.evaluationInterval ?? '1m') || 60)
}
