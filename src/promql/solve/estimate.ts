import { matchesRegex } from '../regex.ts'
import type { Aggregation, Binary, Call, Expression, Matching, VectorSelector } from '../tree.ts'
import { comparisons, setOperators } from '../tree.ts'
import { unwrap } from '../walk.ts'
import { fold, over, quantileOf } from './formulas.ts'
import { type Plan, selects } from './plan.ts'
import { type PlannedSeries, type Situation, seriesOf, valueAt } from './situation.ts'

export interface Element {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * What an expression is roughly worth in a situation. It guides the search for input and decides nothing: whether a rule fires is
 * asked of the engine, and what the engine does not confirm is dropped.
 *
 * `lenient`: comparisons outside aggregations let everything pass, so that both sides of a condition can be seen while it is false.
 */
export class Estimate {
  readonly #situation: Situation
  readonly #cast: Cast
  readonly #plan: Plan
  #lenient: boolean
  /** Seconds before the instant of evaluation, inside offsets and subqueries. */
  #ago = 0

  constructor(plan: Plan, situation: Situation, lenient: boolean) {
    this.#plan = plan
    this.#situation = situation
    this.#cast = castOf(plan, situation)
    this.#lenient = lenient
  }

  of(expression: Expression): readonly Element[] {
    const node = unwrap(expression)
    switch (node.type) {
      case 'number':
        return [{ labels: {}, value: node.value }]
      case 'string':
      case 'matrix':
      case 'subquery':
        return []
      case 'selector':
        return this.#instant(node)
      case 'unary':
        return this.of(node.expression).map(({ labels, value }) => ({
          labels: unnamed(labels),
          value: node.operator === '-' ? -value : value,
        }))
      case 'call':
        return this.#call(node)
      case 'aggregation':
        return this.#aggregation(node)
      case 'binary':
        return this.#binary(node)
    }
  }

  /** Both sides of a comparison, for the first pair that joins. */
  sides(node: Binary): { readonly left: number; readonly right: number } | undefined {
    const left = this.of(node.left)
    const right = this.of(node.right)
    if (isScalarNode(node.left) || isScalarNode(node.right) || left.length === 0) {
      return left[0] === undefined || right[0] === undefined
        ? undefined
        : { left: left[0].value, right: right[0].value }
    }
    for (const element of left) {
      const key = joinKey(element.labels, node.matching)
      const partner = right.find(({ labels }) => joinKey(labels, node.matching) === key)
      if (partner !== undefined) return { left: element.value, right: partner.value }
    }
    return undefined
  }

  #selected(selector: VectorSelector): readonly PlannedSeries[] {
    const known = this.#cast.selected.get(selector)
    if (known !== undefined) return known
    const found = this.#cast.series.filter(({ labels }) => selects(selector, labels))
    this.#cast.selected.set(selector, found)
    return found
  }

  #value(series: PlannedSeries, ago: number): number | undefined {
    const planned = this.#plan.classes[series.classIndex]
    return planned === undefined ? undefined : valueAt(series, planned, this.#situation, ago)
  }

  #instant(selector: VectorSelector): Element[] {
    const ago = this.#ago + (selector.offset?.seconds ?? 0)
    return this.#selected(selector).flatMap(series => {
      const value = this.#value(series, ago)
      return value === undefined ? [] : [{ labels: series.labels, value }]
    })
  }

  /** The samples of each series in a window, oldest first, with their age in seconds. */
  #windows(node: Expression, count: number): { labels: Element['labels']; samples: [number, number][] }[] {
    const inner = unwrap(node)
    if (inner.type === 'matrix') {
      const range = inner.range.seconds ?? 0
      const shift = inner.selector.offset?.seconds ?? 0
      return this.#selected(inner.selector).flatMap(series => {
        const samples = instants(range, count).flatMap((age): [number, number][] => {
          const value = this.#value(series, this.#ago + shift + age)
          return value === undefined ? [] : [[age, value]]
        })
        return samples.length === 0 ? [] : [{ labels: series.labels, samples }]
      })
    }
    if (inner.type !== 'subquery') return []
    const rows = new Map<string, { labels: Element['labels']; samples: [number, number][] }>()
    const before = this.#ago
    for (const age of instants(inner.range.seconds ?? 0, count)) {
      this.#ago = before + age + (inner.offset?.seconds ?? 0)
      for (const { labels, value } of this.of(inner.expression)) {
        const key = signature(labels)
        const row = rows.get(key) ?? { labels, samples: [] }
        row.samples.push([age, value])
        rows.set(key, row)
      }
    }
    this.#ago = before
    return [...rows.values()]
  }

  #scalar(expression: Expression | undefined): number {
    return expression === undefined ? Number.NaN : (this.of(expression)[0]?.value ?? Number.NaN)
  }

  #call(node: Call): readonly Element[] {
    const [first, second, third] = node.args
    const window = node.args.find(argument => ['matrix', 'subquery'].includes(unwrap(argument).type))
    if (node.name === 'absent_over_time' || node.name === 'absent') {
      const there =
        window === undefined
          ? first !== undefined && this.of(first).length > 0
          : this.#windows(window, COARSE).length > 0
      return there ? [] : [{ labels: absentLabels(first), value: 1 }]
    }
    if (window !== undefined) {
      const parameter = node.args.find(argument => argument !== window)
      const subject = unwrap(window)
      const range = subject.type === 'matrix' || subject.type === 'subquery' ? (subject.range.seconds ?? 0) : 0
      const value = parameter === undefined ? Number.NaN : this.#scalar(parameter)
      const step = (subject.type === 'subquery' && subject.step?.seconds) || this.#situation.sample
      return this.#windows(window, node.name === 'changes' || node.name === 'resets' ? FINE : COARSE).flatMap(
        ({ labels, samples }) => {
          const result = over(node.name, samples, range, value, this.#situation.now - this.#ago)
          const kept = node.name === 'last_over_time' ? labels : unnamed(labels)
          // As many samples as there will be, not as many as were looked at.
          const times = ADDS.has(node.name) ? (Math.floor(range / step) + 1) / samples.length : 1
          return result === undefined ? [] : [{ labels: kept, value: result * times }]
        },
      )
    }
    switch (node.name) {
      case 'time':
        return [{ labels: {}, value: this.#situation.now - this.#ago }]
      case 'vector':
        return [{ labels: {}, value: this.#scalar(first) }]
      case 'scalar': {
        const inner = first === undefined ? [] : this.of(first)
        return [{ labels: {}, value: inner.length === 1 ? (inner[0]?.value ?? Number.NaN) : Number.NaN }]
      }
      case 'pi':
        return [{ labels: {}, value: Math.PI }]
      case 'histogram_quantile':
        return second === undefined ? [] : histogramQuantile(this.#scalar(first), this.of(second))
      case 'label_replace':
        return first === undefined ? [] : labelReplace(this.of(first), node.args)
      case 'label_join':
        return first === undefined ? [] : labelJoin(this.of(first), node.args)
      case 'timestamp':
        return first === undefined
          ? []
          : this.of(first).map(({ labels }) => ({ labels: unnamed(labels), value: this.#situation.now - this.#ago }))
      case 'sort':
      case 'sort_desc':
      case 'sort_by_label':
      case 'sort_by_label_desc':
        return first === undefined ? [] : this.of(first)
      default: {
        const elements = first === undefined ? [{ labels: {}, value: this.#situation.now - this.#ago }] : this.of(first)
        const parameters = [second, third].map(argument => this.#scalar(argument))
        return elements.map(({ labels, value }) => ({
          labels: unnamed(labels),
          value: fold(node.name, value, parameters[0] ?? Number.NaN, parameters[1] ?? Number.NaN),
        }))
      }
    }
  }

  #aggregation(node: Aggregation): readonly Element[] {
    const lenient = this.#lenient
    this.#lenient = false
    const inner = this.of(node.expression)
    const parameter = node.parameter?.type === 'string' ? node.parameter.value : this.#scalar(node.parameter)
    this.#lenient = lenient
    const groups = new Map<string, { labels: Record<string, string>; members: Element[] }>()
    for (const element of inner) {
      const labels: Record<string, string> = {}
      const listed = node.grouping?.labels ?? []
      for (const [label, value] of Object.entries(element.labels))
        if (node.grouping?.without ? !listed.includes(label) && label !== '__name__' : listed.includes(label))
          labels[label] = value
      const key = signature(labels)
      const group = groups.get(key) ?? { labels, members: [] }
      group.members.push(element)
      groups.set(key, group)
    }
    return [...groups.values()].flatMap(({ labels, members }): Element[] => {
      const values = members.map(member => member.value)
      switch (node.operator) {
        case 'topk':
        case 'bottomk':
        case 'limitk': {
          const direction = node.operator === 'bottomk' ? 1 : -1
          return [...members].sort((a, b) => direction * (a.value - b.value)).slice(0, Math.max(0, Number(parameter)))
        }
        case 'count_values': {
          const counts = new Map<number, number>()
          for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
          return [...counts].map(([value, count]) => ({
            labels: { ...labels, [String(parameter)]: String(value) },
            value: count,
          }))
        }
        case 'quantile':
          return [{ labels, value: quantileOf(Number(parameter), values) }]
        default:
          return [
            {
              labels,
              value:
                over(
                  `${node.operator}_over_time`,
                  values.map((value, index) => [values.length - index, value]),
                  0,
                  Number.NaN,
                  0,
                ) ?? 1,
            },
          ]
      }
    })
  }

  #binary(node: Binary): readonly Element[] {
    const left = this.of(node.left)
    const right = this.of(node.right)
    const leftScalar = isScalarNode(node.left)
    const rightScalar = isScalarNode(node.right)
    const filters = comparisons.has(node.operator) && !node.bool
    const combine = (a: number, b: number): number | undefined => {
      if (!comparisons.has(node.operator)) return arithmetic(node.operator, a, b)
      const holds = compare(node.operator, a, b)
      if (node.bool || (leftScalar && rightScalar)) return Number(holds)
      return this.#lenient || holds ? (leftScalar ? b : a) : undefined
    }
    if (leftScalar || rightScalar) {
      const many = leftScalar ? right : left
      const one = (leftScalar ? left : right)[0]?.value ?? Number.NaN
      return many.flatMap(({ labels, value }) => {
        const result = leftScalar ? combine(one, value) : combine(value, one)
        return result === undefined ? [] : [{ labels: filters ? labels : unnamed(labels), value: result }]
      })
    }
    if (setOperators.has(node.operator)) {
      const keys = new Set(right.map(({ labels }) => joinKey(labels, node.matching)))
      if (node.operator === 'or') {
        const mine = new Set(left.map(({ labels }) => joinKey(labels, node.matching)))
        return [...left, ...right.filter(({ labels }) => !mine.has(joinKey(labels, node.matching)))]
      }
      // Leniently a condition that is joined on does not hide the values on its left.
      if (this.#lenient && node.operator === 'unless') return left
      return left.filter(({ labels }) => keys.has(joinKey(labels, node.matching)) === (node.operator === 'and'))
    }
    const one = node.matching?.group === 'right' ? left : right
    const many = node.matching?.group === 'right' ? right : left
    const byKey = new Map(one.map(element => [joinKey(element.labels, node.matching), element] as const))
    return many.flatMap(element => {
      const partner = byKey.get(joinKey(element.labels, node.matching))
      if (partner === undefined) return []
      const swapped = node.matching?.group === 'right'
      const result = swapped ? combine(partner.value, element.value) : combine(element.value, partner.value)
      if (result === undefined) return []
      return [{ labels: joined(element.labels, partner.labels, node, filters), value: result }]
    })
  }
}

interface Cast {
  readonly series: readonly PlannedSeries[]
  readonly selected: Map<VectorSelector, readonly PlannedSeries[]>
}

/** Values change at every step of a search, the series themselves rarely. */
const casts = new WeakMap<Plan, Map<string, Cast>>()

function castOf(plan: Plan, situation: Situation): Cast {
  const key = plan.replicaLabels.map(label => situation.counts[label] ?? 1).join()
  const known = casts.get(plan) ?? new Map<string, Cast>()
  casts.set(plan, known)
  const cast = known.get(key) ?? { series: seriesOf(plan, situation), selected: new Map() }
  if (known.size > 8) known.clear()
  known.set(key, cast)
  return cast
}

const ADDS = new Set(['sum_over_time', 'count_over_time'])
const COARSE = 16
/** So that no change falls between two instants. */
const FINE = 128

/** Instants of a window, oldest first, both ends included. */
function instants(range: number, count: number): number[] {
  return Array.from({ length: count + 1 }, (_, index) => range - (range * index) / count)
}

function isScalarNode(expression: Expression): boolean {
  const node = unwrap(expression)
  if (node.type === 'number') return true
  if (node.type === 'unary') return isScalarNode(node.expression)
  if (node.type === 'binary') return isScalarNode(node.left) && isScalarNode(node.right)
  return node.type === 'call' && ['time', 'scalar', 'pi'].includes(node.name)
}

export function compare(operator: string, a: number, b: number): boolean {
  switch (operator) {
    case '==':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    default:
      return a >= b
  }
}

function arithmetic(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return a / b
    case '%':
      return a % b
    case '^':
      return a ** b
    case 'atan2':
      return Math.atan2(a, b)
    default:
      return Number.NaN
  }
}

function unnamed(labels: Element['labels']): Element['labels'] {
  const { __name__: _, ...rest } = labels
  return rest
}

function signature(labels: Element['labels']): string {
  return Object.keys(labels)
    .sort()
    .map(label => `${label}=${labels[label]}`)
    .join('\n')
}

function joinKey(labels: Element['labels'], matching: Matching | undefined): string {
  const listed = matching?.labels ?? []
  if (matching?.on) return listed.map(label => labels[label] ?? '').join('\n')
  const { __name__: _, ...rest } = labels
  return signature(Object.fromEntries(Object.entries(rest).filter(([label]) => !listed.includes(label))))
}

function joined(
  labels: Element['labels'],
  partner: Element['labels'],
  node: Binary,
  filters: boolean,
): Element['labels'] {
  const { matching } = node
  const base: Record<string, string> = { ...(filters ? labels : unnamed(labels)) }
  if (matching?.group !== undefined) {
    for (const label of matching.include) {
      const value = partner[label]
      if (value === undefined) delete base[label]
      else base[label] = value
    }
    return base
  }
  if (matching === undefined || filters) return base
  return Object.fromEntries(Object.entries(base).filter(([label]) => matching.labels.includes(label) === matching.on))
}

function absentLabels(argument: Expression | undefined): Record<string, string> {
  if (argument === undefined) return {}
  const node = unwrap(argument)
  const selector = node.type === 'matrix' ? node.selector : node
  if (selector.type !== 'selector') return {}
  return Object.fromEntries(
    selector.matchers
      .filter(({ operator, label }) => operator === '=' && label !== '__name__')
      .map(({ label, value }) => [label, value]),
  )
}

function histogramQuantile(quantile: number, elements: readonly Element[]): Element[] {
  const groups = new Map<string, { labels: Record<string, string>; buckets: [number, number][] }>()
  for (const { labels, value } of elements) {
    const { le, __name__: _, ...rest } = labels
    if (le === undefined) continue
    const key = signature(rest)
    const group = groups.get(key) ?? { labels: rest, buckets: [] }
    group.buckets.push([le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), value])
    groups.set(key, group)
  }
  return [...groups.values()].flatMap(({ labels, buckets }) => {
    buckets.sort(([a], [b]) => a - b)
    const total = buckets.at(-1)?.[1] ?? 0
    if (!(total > 0)) return []
    const rank = quantile * total
    const at = buckets.findIndex(([, count]) => count >= rank)
    const [upper, count] = buckets[at] ?? [Number.NaN, 0]
    const [lower, below] = buckets[at - 1] ?? [0, 0]
    if (!Number.isFinite(upper)) return [{ labels, value: lower }]
    return [{ labels, value: count === below ? upper : lower + ((upper - lower) * (rank - below)) / (count - below) }]
  })
}

function labelReplace(elements: readonly Element[], args: readonly Expression[]): Element[] {
  const [target, replacement, source, pattern] = args
    .slice(1)
    .map(argument => (argument.type === 'string' ? argument.value : ''))
  if (target === undefined || replacement === undefined || source === undefined || pattern === undefined) return []
  return elements.map(({ labels, value }) => {
    const from = labels[source] ?? ''
    if (!matchesRegex(pattern, from)) return { labels, value }
    let filled = replacement
    try {
      const groups = new RegExp(`^(?:${pattern})$`).exec(from)
      filled = replacement.replace(/\$\{?(\w+)\}?/g, (_, group: string) => groups?.[Number(group)] ?? '')
    } catch {
      // A pattern that only RE2 knows: the label gets some value, which is all that joins need.
    }
    const { [target]: _, ...rest } = labels
    return { labels: filled === '' ? rest : { ...rest, [target]: filled }, value }
  })
}

function labelJoin(elements: readonly Element[], args: readonly Expression[]): Element[] {
  const [target, separator, ...sources] = args
    .slice(1)
    .map(argument => (argument.type === 'string' ? argument.value : ''))
  if (target === undefined) return []
  return elements.map(({ labels, value }) => ({
    labels: { ...labels, [target]: sources.map(source => labels[source] ?? '').join(separator) },
    value,
  }))
}
