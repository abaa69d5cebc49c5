import { parsePromql } from '../../promql/parse.ts'
import type { Expression, VectorSelector } from '../../promql/tree.ts'
import { metricName, selectors, walk } from '../../promql/walk.ts'
import type { CarriedRule, RuleSet } from './rule-set.ts'
import type { PromtoolTest } from './test-file.ts'

/** What an expression reads. `everything`: it picks metrics by pattern, so nothing can be ruled out. */
interface Reads {
  readonly metrics: ReadonlySet<string>
  /** Alerts whose ALERTS or ALERTS_FOR_STATE series it reads; undefined: of any name. */
  readonly alerts: ReadonlySet<string | undefined>
  readonly everything: boolean
}

/** Chooses, for each test, the rules without which its verdict could be another. Made once for a set of rule files. */
export interface Selection {
  /** Undefined: all rules. */
  select(test: PromtoolTest): ReadonlySet<CarriedRule>
  /** The same, for the rules that these expressions and alerts need. */
  needed(alerts: Iterable<string>, expressions: readonly Expression[]): ReadonlySet<CarriedRule>
}

const STATE_SERIES = new Set(['ALERTS', 'ALERTS_FOR_STATE'])
const LABEL_CALLS = new Set(['label_replace', 'label_join', 'info', 'sort_by_label', 'sort_by_label_desc'])
const ARITHMETIC = /^(\+|-|\*|\/|%|\^|atan2|==|!=|<|<=|>|>=|<\/|>\/)$/

export function selectionOf(rules: RuleSet): Selection {
  const all = rules.groups.flatMap(group => group.rules.map(rule => ({ rule, limited: group.limited })))
  const facts = new Map(all.map(({ rule, limited }) => [rule, factsOf(rule, limited)]))
  const byAlert = groupBy(all.filter(({ rule }) => rule.kind === 'alert').map(({ rule }) => rule))
  const byRecord = groupBy(all.filter(({ rule }) => rule.kind === 'record').map(({ rule }) => rule))
  const recordedLabels = new Set(all.flatMap(({ rule }) => (rule.kind === 'record' ? rule.labelNames : [])))
  const everyRule = new Set(facts.keys())

  /** All that the given rules and expressions depend on, transitively. */
  const closure = (start: Iterable<CarriedRule>, read: readonly Reads[]): ReadonlySet<CarriedRule> => {
    const kept = new Set<CarriedRule>()
    const open: CarriedRule[] = [...start]
    const follow = (reads: Reads) => {
      if (reads.everything) open.push(...everyRule)
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
    const names = new Set(test.series.map(({ series }) => /^\s*([^\s{]*)/.exec(series)?.[1] ?? ''))
    const unnamed = names.has('') || test.series.some(({ series }) => series.includes('__name__'))
    const labels = new Set([...recordedLabels, ...test.series.flatMap(({ series }) => labelNames(series))])
    const reachable = new Set<CarriedRule>()
    const found: CarriedRule[] = []
    for (let grown = true; grown; ) {
      grown = false
      for (const [rule, { reads, selectsNothing }] of facts) {
        if (reachable.has(rule)) continue
        const hit =
          unnamed ||
          reads.everything ||
          selectsNothing ||
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
    for (const [rule, { always, mayFail }] of facts)
      if (always || (reachable.has(rule) && (mayFail || rule.labelNames.some(label => labels.has(label)))))
        found.push(rule)
    return found
  }

  return {
    select(test) {
      const start = test.alerts.flatMap(({ alert }) => byAlert.get(alert) ?? [])
      const read = test.expressions.map(({ expr }) => readsOfText(expr))
      return closure([...start, ...dangerous(test)], read)
    },
    needed(alerts, expressions) {
      return closure(
        [...alerts].flatMap(alert => byAlert.get(alert) ?? []),
        expressions.map(readsOf),
      )
    },
  }
}

function factsOf(rule: CarriedRule, limited: boolean) {
  const queries = /\{\{[^}]*\bquery\b/.test(rule.templates)
  const reads = readsOf(rule.expression)
  let always = limited
  let mayFail = false
  for (const { node } of walk(rule.expression)) {
    if (node.type === 'call' && LABEL_CALLS.has(node.name)) always = true
    if (
      node.type === 'aggregation' &&
      !/^(sum|min|max|avg|count|group|stddev|stdvar|topk|bottomk)$/.test(node.operator)
    )
      always = true
    // Matching one to one fails when there are many; after a comparison with a number there is nothing to match.
    if (node.type === 'binary' && ARITHMETIC.test(node.operator) && !hasNumber(node.left) && !hasNumber(node.right))
      mayFail = true
  }
  const selectsNothing = selectors(rule.expression).length === 0
  return { reads: queries ? { ...reads, everything: true } : reads, always, mayFail, selectsNothing }
}

function hasNumber(expression: Expression): boolean {
  return selectors(expression).length === 0
}

function readsOfText(expr: string): Reads {
  const expression = parsePromql(expr)
  return 'error' in expression ? { metrics: new Set(), alerts: new Set(), everything: true } : readsOf(expression)
}

function readsOf(expression: Expression): Reads {
  const metrics = new Set<string>()
  const alerts = new Set<string | undefined>()
  let everything = false
  for (const selector of selectors(expression)) {
    const name = metricName(selector)
    if (name === undefined) everything = true
    else if (STATE_SERIES.has(name)) alerts.add(alertNamed(selector))
    else metrics.add(name)
  }
  return { metrics, alerts, everything }
}

function alertNamed(selector: VectorSelector): string | undefined {
  return selector.matchers.find(({ label, operator }) => label === 'alertname' && operator === '=')?.value
}

function labelNames(series: string): string[] {
  return [...series.matchAll(/["']?([a-zA-Z_][\w.:-]*)["']?\s*=/g)].map(match => match[1] ?? '')
}

function groupBy(rules: readonly CarriedRule[]): Map<string, CarriedRule[]> {
  const groups = new Map<string, CarriedRule[]>()
  for (const rule of rules) groups.set(rule.name, [...(groups.get(rule.name) ?? []), rule])
  return groups
}
