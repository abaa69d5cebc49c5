import { parsePromql } from '../../promql/parse.ts'
import { accepts } from '../../promql/regex.ts'
import {
  type Binary,
  type Expression,
  type Matcher,
  type Matching,
  several,
  type VectorSelector,
} from '../../promql/tree.ts'
import { isScalar, metricName, selectors, unwrap, walk } from '../../promql/walk.ts'
import type { CarriedRule, RuleSet } from './rule-set.ts'
import type { PromtoolTest } from './test-file.ts'

/** What an expression reads. */
interface Reads {
  readonly metrics: ReadonlySet<string>
  /** Alerts whose ALERTS or ALERTS_FOR_STATE series it reads; undefined: of any name. */
  readonly alerts: ReadonlySet<string | undefined>
  /** Selectors that pick metrics by pattern: what each asks of the name. */
  readonly patterns: readonly (readonly Matcher[])[]
}

/** Chooses, for each test, the rules without which its verdict could be another. Made once for a set of rule files. */
export interface Selection {
  /** Undefined: all rules. */
  select(test: PromtoolTest): ReadonlySet<CarriedRule>
  /** What it asks about, without the others that could fail by its series. */
  neededBy(test: Pick<PromtoolTest, 'alerts' | 'expressions'>): ReadonlySet<CarriedRule>
  /** The same, for these alerts and expressions. */
  needed(alerts: Iterable<string>, expressions: readonly Expression[]): ReadonlySet<CarriedRule>
  /** Names of all metrics and alerts that the tests play, read or write; undefined when that cannot be told. */
  footprint(tests: readonly PromtoolTest[]): ReadonlySet<string> | undefined
}

/** What Prometheus writes of the state of alerts. */
export const STATE_SERIES: ReadonlySet<string> = new Set(['ALERTS', 'ALERTS_FOR_STATE'])
const ARITHMETIC = /^(\+|-|\*|\/|%|\^|atan2|==|!=|<|<=|>|>=|<\/|>\/)$/

export function selectionOf(rules: RuleSet): Selection {
  const all = rules.groups.flatMap(group => group.rules.map(rule => ({ rule, limited: group.limited })))
  const facts = new Map(all.map(({ rule, limited }) => [rule, factsOf(rule, limited)]))
  const byAlert = groupBy(all.filter(({ rule }) => rule.kind === 'alert').map(({ rule }) => rule))
  const byRecord = groupBy(all.filter(({ rule }) => rule.kind === 'record').map(({ rule }) => rule))
  const recordedLabels = new Set(all.flatMap(({ rule }) => (rule.kind === 'record' ? rule.labelNames : [])))

  /** All that the given rules and expressions depend on, transitively. */
  const closure = (start: Iterable<CarriedRule>, read: readonly Reads[]): ReadonlySet<CarriedRule> => {
    const kept = new Set<CarriedRule>()
    const open: CarriedRule[] = [...start]
    const follow = (reads: Reads) => {
      for (const pattern of reads.patterns) {
        for (const [name, rules] of byRecord) if (pattern.every(matcher => accepts(matcher, name))) open.push(...rules)
        if ([...STATE_SERIES].some(name => pattern.every(matcher => accepts(matcher, name))))
          open.push(...[...byAlert.values()].flat())
      }
      for (const metric of reads.metrics) open.push(...(byRecord.get(metric) ?? []))
      for (const alert of reads.alerts)
        open.push(...(alert === undefined ? [...byAlert.values()].flat() : (byAlert.get(alert) ?? [])))
    }
    for (const reads of read) follow(reads)
    for (let rule = open.pop(); rule !== undefined; rule = open.pop()) {
      if (kept.has(rule)) continue
      kept.add(rule)
      const reads = facts.get(rule)?.reads
      if (reads !== undefined) follow(reads)
    }
    return kept
  }

  /** Rules outside the selection that could still fail, and by failing change the verdict. */
  const dangerous = (test: PromtoolTest): CarriedRule[] => {
    const played = test.series.map(({ series }) => metricOf(series))
    const names = new Set(played.filter(name => name !== undefined))
    const unnamed = played.includes(undefined)
    const labels = new Set([...recordedLabels, ...test.series.flatMap(({ series }) => labelNames(series))])
    const reachable = new Set<CarriedRule>()
    const found: CarriedRule[] = []
    for (let grown = true; grown; ) {
      grown = false
      for (const [rule, { reads, selectsNothing }] of facts) {
        if (reachable.has(rule)) continue
        const hit =
          unnamed ||
          selectsNothing ||
          reads.patterns.some(pattern => [...names].some(name => pattern.every(matcher => accepts(matcher, name)))) ||
          reads.alerts.size > 0 ||
          [...reads.metrics].some(metric => names.has(metric))
        if (!hit) continue
        reachable.add(rule)
        if (rule.kind === 'record' && !names.has(rule.name)) {
          names.add(rule.name)
          grown = true
        }
      }
    }
    for (const rule of reachable) {
      const { mayFail, overwrites } = facts.get(rule) ?? { mayFail: true, overwrites: [] }
      if (mayFail || overwrites.some(label => labels.has(label))) found.push(rule)
    }
    return found
  }

  const asked = ({ alerts, expressions }: Pick<PromtoolTest, 'alerts' | 'expressions'>) => ({
    rules: alerts.flatMap(({ alert }) => byAlert.get(alert) ?? []),
    reads: expressions.map(({ expr }) => readsOfText(expr)),
  })
  const chosen = new WeakMap<PromtoolTest, ReadonlySet<CarriedRule>>()

  return {
    select(test) {
      const known = chosen.get(test)
      if (known !== undefined) return known
      const { rules, reads } = asked(test)
      const kept = closure([...rules, ...dangerous(test)], reads)
      chosen.set(test, kept)
      return kept
    },
    neededBy(test) {
      const { rules, reads } = asked(test)
      return closure(rules, reads)
    },
    needed(alerts, expressions) {
      return closure(
        [...alerts].flatMap(alert => byAlert.get(alert) ?? []),
        expressions.map(readsOf),
      )
    },
    footprint(tests) {
      const names = new Set<string>()
      const rules = new Set(tests.flatMap(test => [...this.select(test)]))
      const read = [...rules].map(rule => facts.get(rule)?.reads)
      for (const reads of [...read, ...tests.flatMap(test => asked(test).reads)]) {
        if (reads === undefined || reads.patterns.length > 0 || reads.alerts.has(undefined)) return undefined
        for (const metric of reads.metrics) names.add(metric)
        for (const alert of reads.alerts) names.add(`ALERTS of ${alert}`)
      }
      for (const { kind, name } of rules) names.add(kind === 'record' ? name : `ALERTS of ${name}`)
      for (const { alerts, series } of tests) {
        for (const { alert } of alerts) names.add(`ALERTS of ${alert}`)
        for (const one of series) {
          const metric = metricOf(one.series)
          if (metric === undefined) return undefined
          names.add(metric)
        }
      }
      return names
    },
  }
}

/**
 * What a rule can fail on besides what fails with no data at all (which promtool tells when it is asked about the rule files): two series
 * that become one, and sides of an operation that match many to many.
 */
function factsOf(rule: CarriedRule, limited: boolean) {
  const queries = /\{\{[^}]*\bquery\b/.test(rule.templates)
  const reads = readsOf(rule.expression)
  const overwrites = rule.labelNames.filter(label => mayCarry(rule.expression, label))
  let mayFail = limited
  for (const { node, ancestors } of walk(rule.expression)) {
    if (node.type === 'call' && (node.name === 'label_replace' || node.name === 'label_join')) {
      const target = node.args[1]
      if (target?.type === 'string' && target.value !== '__name__') overwrites.push(target.value)
      else mayFail = true
    }
    if (node.type === 'call' && node.name === 'info') mayFail = true
    if (node.type === 'binary' && ARITHMETIC.test(node.operator) && !matchesOneToOne(node)) mayFail = true
    // Functions and alerts take the name away: what only the name told apart becomes one. Aggregations make one of it anyway.
    const around = ancestors.find(({ type }) => type !== 'paren' && type !== 'matrix')
    if (node.type === 'selector' && metricName(node) === undefined && around?.type !== 'aggregation') mayFail = true
  }
  const selectsNothing = selectors(rule.expression).length === 0
  return {
    reads: queries ? { ...reads, patterns: [...reads.patterns, []] } : reads,
    mayFail,
    overwrites,
    selectsNothing,
  }
}

/** Is there at most one series for each set of the labels that are matched, on every side that needs it? */
function matchesOneToOne({ left, right, matching }: Binary): boolean {
  if (isScalar(left) || isScalar(right)) return true
  if (matching?.group !== undefined && matching.include.length > 0) return false
  const sides = matching?.group === 'left' ? [right] : matching?.group === 'right' ? [left] : [left, right]
  return sides.every(side => isUnique(side, matching))
}

/** Could its result have the label? */
function mayCarry(expression: Expression, label: string): boolean {
  const inner = unwrap(expression)
  if (isScalar(inner)) return false
  switch (inner.type) {
    case 'aggregation': {
      const { grouping, operator } = inner
      if (several.has(operator)) return true
      const kept = (grouping?.labels.includes(label) ?? false) !== (grouping?.without ?? false)
      return kept && mayCarry(inner.expression, label)
    }
    case 'binary': {
      if (inner.matching?.group !== undefined) return true
      const sides = [inner.left, inner.right].filter(side => !isScalar(side))
      return sides.some(side => mayCarry(side, label))
    }
    case 'call':
      return inner.name !== 'vector'
    case 'unary':
      return mayCarry(inner.expression, label)
    default:
      return true
  }
}

function isUnique(side: Expression, matching: Matching | undefined): boolean {
  const inner = unwrap(side)
  if (isScalar(inner)) return true
  if (matching === undefined || (!matching.on && matching.labels.length === 0)) {
    if (inner.type === 'aggregation') return !several.has(inner.operator)
    // `or` adds nothing that differs from what is there in its name alone.
    const nodes = [...walk(inner)].map(({ node }) => node)
    return nodes.every(
      node =>
        !(node.type === 'selector' && metricName(node) === undefined) &&
        !(node.type === 'call' && node.name.startsWith('label_')),
    )
  }
  if (!matching.on || inner.type !== 'aggregation' || several.has(inner.operator)) return false
  const { grouping } = inner
  return (
    grouping === undefined || (!grouping.without && grouping.labels.every(label => matching.labels.includes(label)))
  )
}

function readsOfText(expr: string): Reads {
  const expression = parsePromql(expr)
  return 'error' in expression ? { metrics: new Set(), alerts: new Set(), patterns: [[]] } : readsOf(expression)
}

function readsOf(expression: Expression): Reads {
  const metrics = new Set<string>()
  const alerts = new Set<string | undefined>()
  const patterns: Matcher[][] = []
  for (const selector of selectors(expression)) {
    const name = metricName(selector)
    if (name === undefined) patterns.push(selector.matchers.filter(({ label }) => label === '__name__'))
    else if (STATE_SERIES.has(name)) alerts.add(alertNamed(selector))
    else metrics.add(name)
  }
  return { metrics, alerts, patterns }
}

function alertNamed(selector: VectorSelector): string | undefined {
  return selector.matchers.find(({ label, operator }) => label === 'alertname' && operator === '=')?.value
}

/** Undefined when the series is not named before its labels. */
function metricOf(series: string): string | undefined {
  return series.includes('__name__') ? undefined : /^\s*([^\s{]+)/.exec(series)?.[1]
}

function labelNames(series: string): string[] {
  return [...series.matchAll(/["']?([a-zA-Z_][\w.:-]*)["']?\s*=/g)].map(match => match[1] ?? '')
}

function groupBy(rules: readonly CarriedRule[]): Map<string, CarriedRule[]> {
  const groups = new Map<string, CarriedRule[]>()
  for (const rule of rules) groups.set(rule.name, [...(groups.get(rule.name) ?? []), rule])
  return groups
}
