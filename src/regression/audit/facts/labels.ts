import type { LabelMatcher } from '../../../monitoring/alertmanager/matchers.ts'
import type { RecordingRule } from '../../../monitoring/rules/read.ts'
import { accepts } from '../../../promql/regex.ts'
import type { Expression, Matcher, VectorSelector } from '../../../promql/tree.ts'
import { choosing, setOperators } from '../../../promql/tree.ts'
import { isScalar, metricName, unwrap } from '../../../promql/walk.ts'
import type { Alert } from './alerts.ts'

/** What a label of an alert may be. A missing label is the empty value. */
export interface Domain {
  /** Values that are known. */
  readonly values: ReadonlySet<string>
  /** Beside those, anything that satisfies all of these matchers. */
  readonly open: readonly Pick<Matcher, 'operator' | 'value'>[] | undefined
}

const NOTHING: Domain = { values: new Set(['']), open: undefined }
const ANYTHING: Domain = { values: new Set(), open: [] }

export interface LabelFacts {
  /** Prometheus rewrites labels before it sends alerts: then nothing is certain. */
  readonly relabelled: boolean
  readonly recorded: ReadonlyMap<string, readonly RecordingRule[]>
  /** Undefined without a prometheus.yml: then Prometheus may add any label. */
  readonly externalLabels: Readonly<Record<string, string>> | undefined
  /** Labels that a metric has besides those of its target, where that is known. */
  readonly metricLabels: ReadonlyMap<string, ReadonlySet<string>>
  /** Labels that targets get from the scrape configuration. */
  readonly targetLabels: ReadonlySet<string>
}

/** What Alertmanager may see as this label of the alert. */
export function labelOf(alert: Alert, label: string, facts: LabelFacts): Domain {
  if (facts.relabelled) return ANYTHING
  if (label === 'alertname') return only(alert.name)
  const own = alert.rule.labels[label] ?? alert.group.labels[label]
  if (own !== undefined) return own.includes('{{') ? ANYTHING : only(own)
  const fromSeries = seriesLabel(alert.rule.expression, label, facts, 0)
  if (!fromSeries.values.has('')) return fromSeries
  // Where the alert has none, Prometheus adds its external label.
  if (facts.externalLabels === undefined) return union(fromSeries, ANYTHING)
  const external = facts.externalLabels[label]
  if (external === undefined) return fromSeries
  const rest = new Set([...fromSeries.values].filter(value => value !== ''))
  return { values: rest.add(external), open: fromSeries.open }
}

export function canMatch(domain: Domain, matcher: Pick<LabelMatcher, 'operator' | 'value'>): boolean {
  if ([...domain.values].some(value => accepts(matcher, value))) return true
  if (domain.open === undefined) return false
  return matcher.operator !== '=' || domain.open.every(limit => accepts(limit, matcher.value))
}

export function mustMatch(domain: Domain, matcher: Pick<LabelMatcher, 'operator' | 'value'>): boolean {
  return domain.open === undefined && [...domain.values].every(value => accepts(matcher, value))
}

/** Is the label possibly there, with some value? */
export function canBeSet(domain: Domain): boolean {
  return domain.open !== undefined || [...domain.values].some(value => value !== '')
}

function only(value: string): Domain {
  return { values: new Set([value]), open: undefined }
}

function union(a: Domain, b: Domain): Domain {
  const open = a.open === undefined ? b.open : b.open === undefined ? a.open : []
  return { values: new Set([...a.values, ...b.values]), open }
}

const DEEPEST = 20

function seriesLabel(expression: Expression, label: string, facts: LabelFacts, depth: number): Domain {
  const inner = unwrap(expression)
  const of = (part: Expression): Domain => seriesLabel(part, label, facts, depth)
  switch (inner.type) {
    case 'number':
    case 'string':
      return NOTHING
    case 'selector':
      return selectorLabel(inner, label, facts, depth)
    case 'matrix':
      return selectorLabel(inner.selector, label, facts, depth)
    case 'subquery':
    case 'unary':
      return of(inner.expression)
    case 'aggregation': {
      if (choosing.has(inner.operator)) return of(inner.expression)
      if (inner.operator === 'count_values' && inner.parameter?.type === 'string' && inner.parameter.value === label)
        return ANYTHING
      const { grouping } = inner
      const kept = grouping === undefined ? false : grouping.labels.includes(label) !== grouping.without
      return kept ? of(inner.expression) : NOTHING
    }
    case 'call':
      return callLabel(inner, label, of)
    case 'binary': {
      const { operator, left, right, matching } = inner
      if (operator === 'or') return union(of(left), of(right))
      if (setOperators.has(operator)) return of(left)
      if (isScalar(left)) return of(right)
      if (isScalar(right)) return of(left)
      if (matching?.group !== undefined) {
        const [many, one] = matching.group === 'left' ? [left, right] : [right, left]
        return matching.include.includes(label) ? of(one) : of(many)
      }
      if (matching !== undefined && matching.labels.includes(label) !== matching.on) return NOTHING
      return of(left)
    }
  }
}

function callLabel(
  call: Extract<Expression, { type: 'call' }>,
  label: string,
  of: (part: Expression) => Domain,
): Domain {
  const { name, args } = call
  const vector = args.find(argument => !isScalar(argument) && argument.type !== 'string')
  if (vector === undefined || ['scalar', 'vector', 'time', 'pi'].includes(name)) return NOTHING
  if (name === 'absent' || name === 'absent_over_time') {
    const inner = unwrap(vector)
    const selector = inner.type === 'matrix' ? inner.selector : inner
    const matcher = selector.type === 'selector' ? selector.matchers.find(found => found.label === label) : undefined
    return matcher?.operator === '=' && label !== '__name__' ? only(matcher.value) : NOTHING
  }
  const target = args[1]
  if ((name === 'label_replace' || name === 'label_join') && target?.type === 'string' && target.value === label)
    return ANYTHING
  if (name === 'info') return ANYTHING
  return name === 'histogram_quantile' && label === 'le' ? NOTHING : of(vector)
}

function selectorLabel(selector: VectorSelector, label: string, facts: LabelFacts, depth: number): Domain {
  if (label === '__name__') return NOTHING
  const limits = selector.matchers.filter(matcher => matcher.label === label)
  const exact = limits.find(matcher => matcher.operator === '=')
  if (exact !== undefined) return only(exact.value)
  const metric = metricName(selector) ?? ''
  const carried = facts.metricLabels.get(metric)
  if (carried !== undefined && !carried.has(label) && !facts.targetLabels.has(label)) return NOTHING
  const rules = facts.recorded.get(metric) ?? []
  if (rules.length === 0 || depth > DEEPEST) return { values: new Set(), open: limits }
  return rules
    .map(rule => {
      const own = rule.labels[label]
      if (own !== undefined) return own.includes('{{') ? ANYTHING : only(own)
      return seriesLabel(rule.expression, label, facts, depth + 1)
    })
    .reduce(union)
}
