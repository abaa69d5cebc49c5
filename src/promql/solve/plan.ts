import { exampleFor, matchesRegex } from '../regex.ts'
import type { Aggregation, Binary, Expression, Matcher, VectorSelector } from '../tree.ts'
import { metricName, unwrap, walk } from '../walk.ts'

/** What an expression reads of series: value, slope (of what may fall), changes, how buckets lie, how old a timestamp is. */
export type Use = 'level' | 'slope' | 'falls' | 'churn' | 'reach' | 'clock'

/** All series that one selector needs: they share labels, apart from one along which there may be several. */
export interface SeriesClass {
  readonly selector: VectorSelector
  readonly metric: string
  /** With `__name__`; without the replica's label and `le`. */
  readonly labels: Readonly<Record<string, string>>
  readonly replicaLabel: string | undefined
  replicaValue(replica: number): string | undefined
  readonly buckets: readonly number[] | undefined
  /** False when the series of another class match this selector too, and it needs none of its own. */
  readonly owned: boolean
  readonly uses: ReadonlySet<Use>
  /** Seconds that windows on it reach back, each different one. */
  readonly windows: readonly number[]
}

export interface Plan {
  readonly expression: Expression
  readonly classes: readonly SeriesClass[]
  /** Labels along which there may be several series. */
  readonly replicaLabels: readonly string[]
}

/** Labels that the rule's templates name, so that they are there to be printed. */
export interface PlanOptions {
  readonly labels?: readonly string[]
  /** Values that differ from those of another plan: `-2` instead of `-1`. */
  readonly variant?: number
}

const SLOPES = new Set(['rate', 'irate', 'increase', 'deriv', 'delta', 'idelta', 'predict_linear'])
const FALLING = new Set(['deriv', 'delta', 'idelta', 'predict_linear'])
const CHURNS = new Set(['changes', 'resets'])

/** Does a value satisfy the matcher? A missing label counts as empty. */
export function satisfies({ operator, value: pattern }: Pick<Matcher, 'operator' | 'value'>, value: string): boolean {
  switch (operator) {
    case '=':
      return value === pattern
    case '!=':
      return value !== pattern
    case '=~':
      return matchesRegex(pattern, value)
    case '!~':
      return !matchesRegex(pattern, value)
  }
}

/** Does a series with these labels belong to the selector? */
export function selects(selector: VectorSelector, labels: Readonly<Record<string, string>>): boolean {
  const name = selector.name
  if (name !== undefined && labels['__name__'] !== name) return false
  return selector.matchers.every(matcher => satisfies(matcher, labels[matcher.label] ?? ''))
}

/** A value that satisfies all matchers of one label and is none of `taken`; undefined when none is found. */
export function valueFor(
  label: string,
  matchers: readonly Pick<Matcher, 'operator' | 'value'>[],
  taken: (value: string) => boolean = () => false,
  first = 1,
): string | undefined {
  const refused = (value: string) =>
    value === '' || taken(value) || !matchers.every(matcher => satisfies(matcher, value))
  const equal = matchers.find(matcher => matcher.operator === '=' && matcher.value !== '')
  if (equal !== undefined) return refused(equal.value) ? undefined : equal.value
  for (const matcher of matchers) {
    if (matcher.operator !== '=~') continue
    const example = exampleFor(matcher.value, refused)
    if (example !== undefined && !refused(example)) return example
  }
  const stem = label === '__name__' ? 'metric' : label.replace(/[^a-zA-Z0-9]+/g, '-')
  for (let number = first; number < first + 1000; number++) {
    const value = label === '__name__' ? `${stem}_${number}` : `${stem}-${number}`
    if (!refused(value)) return value
  }
  return undefined
}

/** Are its series only read by their slope? Then they grow on without a jump. */
export function isCounter({ uses }: SeriesClass): boolean {
  return uses.has('slope') && !uses.has('level')
}

const keyOf = (selector: VectorSelector) =>
  JSON.stringify([
    selector.name ?? '',
    ...selector.matchers.map(({ label, operator, value }) => `${label}${operator}${value}`).sort(),
  ])

interface Draft {
  readonly selector: VectorSelector
  readonly places: { node: VectorSelector; ancestors: readonly Expression[] }[]
  readonly labels: Map<string, string>
  metric: string
}

/** Which series an expression needs. Undefined when a selector's matchers contradict each other. */
export function planSeries(expression: Expression, options: PlanOptions = {}): Plan | { readonly reason: string } {
  const variant = options.variant ?? 1
  const drafts = new Map<string, Draft>()
  const classOf = new Map<VectorSelector, Draft>()
  for (const { node, ancestors } of walk(expression)) {
    if (node.type !== 'selector') continue
    const key = keyOf(node)
    const draft: Draft = drafts.get(key) ?? { selector: node, places: [], labels: new Map(), metric: '' }
    draft.places.push({ node, ancestors })
    drafts.set(key, draft)
    classOf.set(node, draft)
  }
  const all = [...drafts.values()]
  const universe = universeOf(expression, all, options)
  const shared = new Map<string, string>()
  for (const label of universe) {
    const wanted = all.flatMap(({ selector }) => selector.matchers.filter(matcher => matcher.label === label))
    // Where selectors disagree the first one's value is as good as any: its author has to ignore the label when joining.
    const common =
      valueFor(label, wanted, undefined, variant) ??
      all
        .map(({ selector }) => selector.matchers.filter(matcher => matcher.label === label))
        .filter(own => own.length > 0)
        .map(own => valueFor(label, own, undefined, variant))
        .find(value => value !== undefined)
    shared.set(label, common ?? valueFor(label, [], undefined, variant) ?? `${label}-${variant}`)
  }
  const names = new Set(all.flatMap(({ selector }) => metricName(selector) ?? []))
  for (const draft of all) {
    const { selector } = draft
    const named = selector.matchers.filter(matcher => matcher.label === '__name__')
    const metric =
      metricName(selector) ??
      [...names].find(name => selects(selector, { __name__: name })) ??
      valueFor('__name__', named)
    if (metric === undefined) return { reason: `no metric name satisfies ${keyOf(selector)}` }
    draft.metric = metric
    names.add(metric)
    for (const label of universe) {
      const own = selector.matchers.filter(matcher => matcher.label === label)
      const value = shared.get(label)
      if (value !== undefined && own.every(matcher => satisfies(matcher, value))) {
        draft.labels.set(label, value)
        continue
      }
      const chosen = valueFor(label, own, undefined, variant)
      if (chosen !== undefined) draft.labels.set(label, chosen)
      else if (!own.every(matcher => satisfies(matcher, '')))
        return { reason: `no value of the label ${label} satisfies all matchers of one selector` }
    }
  }
  fitLabels(expression, classOf)
  const classes = all.map((draft, index) => finish(draft, index, all, expression, variant))
  separate(classes)
  share(classes)
  return {
    expression,
    classes,
    replicaLabels: [...new Set(classes.flatMap(({ replicaLabel }) => replicaLabel ?? []))],
  }
}

function universeOf(expression: Expression, drafts: readonly Draft[], options: PlanOptions): string[] {
  const labels = new Set<string>(['instance', 'job', ...(options.labels ?? [])])
  const written = new Set<string>()
  for (const { selector } of drafts) for (const { label } of selector.matchers) labels.add(label)
  for (const { node } of walk(expression)) {
    if (node.type === 'aggregation') {
      for (const label of node.grouping?.labels ?? []) labels.add(label)
      const made =
        node.operator === 'count_values' && node.parameter?.type === 'string' ? node.parameter.value : undefined
      if (made !== undefined) written.add(made)
    }
    if (node.type === 'binary')
      for (const label of [...(node.matching?.labels ?? []), ...(node.matching?.include ?? [])]) labels.add(label)
    if (node.type === 'call' && (node.name === 'label_replace' || node.name === 'label_join')) {
      const [, target, second, third, ...rest] = node.args.map(argument =>
        argument.type === 'string' ? argument.value : '',
      )
      for (const source of node.name === 'label_replace' ? [third] : [third, ...rest]) if (source) labels.add(source)
      // What is replaced in place is there before.
      if (target && target !== third) written.add(target)
      void second
    }
  }
  for (const made of written) labels.delete(made)
  labels.delete('__name__')
  labels.delete('le')
  labels.delete('')
  return [...labels].sort()
}

/** Labels of a node's value that are known to be there. */
function labelsOf(node: Expression, classOf: Map<VectorSelector, Draft>): Set<string> | undefined {
  switch (node.type) {
    case 'paren':
    case 'unary':
    case 'subquery':
      return labelsOf(node.expression, classOf)
    case 'matrix':
      return labelsOf(node.selector, classOf)
    case 'selector':
      return new Set([...(classOf.get(node)?.labels.keys() ?? []), ...(hasBucket(node) ? ['le'] : [])])
    case 'aggregation': {
      const inner = labelsOf(node.expression, classOf)
      if (inner === undefined || ['topk', 'bottomk', 'limitk', 'limit_ratio'].includes(node.operator)) return inner
      const listed = new Set(node.grouping?.labels ?? [])
      const kept = new Set([...inner].filter(label => listed.has(label) !== (node.grouping?.without ?? false)))
      if (node.operator === 'count_values' && node.parameter?.type === 'string') kept.add(node.parameter.value)
      return kept
    }
    case 'binary': {
      const left = labelsOf(node.left, classOf)
      const right = labelsOf(node.right, classOf)
      if (left === undefined) return right
      if (right === undefined || node.matching?.group === 'left') return left
      if (node.matching?.group === 'right') return right
      const { matching } = node
      const set = node.operator === 'and' || node.operator === 'or' || node.operator === 'unless'
      if (matching === undefined || set || COMPARING.has(node.operator)) return left
      const listed = new Set(matching.labels)
      return new Set([...left].filter(label => listed.has(label) === matching.on))
    }
    case 'call': {
      if (node.name === 'vector' || node.name.startsWith('absent')) return undefined
      const vector = node.args.map(argument => labelsOf(argument, classOf)).find(labels => labels !== undefined)
      if (vector !== undefined && node.name === 'histogram_quantile') vector.delete('le')
      if (vector !== undefined && (node.name === 'label_replace' || node.name === 'label_join')) {
        const target = node.args[1]
        if (target?.type === 'string') vector.add(target.value)
      }
      return vector
    }
    default:
      return undefined
  }
}

const COMPARING = new Set(['==', '!=', '<', '<=', '>', '>='])

function hasBucket(selector: VectorSelector): boolean {
  return (metricName(selector) ?? '').endsWith('_bucket') && !selector.matchers.some(({ label }) => label === 'le')
}

/** Takes a label from all series whose value it would be part of. */
function withdraw(node: Expression, label: string, classOf: Map<VectorSelector, Draft>): void {
  switch (node.type) {
    case 'selector': {
      const draft = classOf.get(node)
      const needed = draft?.selector.matchers.some(matcher => matcher.label === label && !satisfies(matcher, ''))
      if (!needed) draft?.labels.delete(label)
      return
    }
    case 'matrix':
      withdraw(node.selector, label, classOf)
      return
    case 'paren':
    case 'unary':
    case 'subquery':
      withdraw(node.expression, label, classOf)
      return
    case 'aggregation': {
      const listed = node.grouping?.labels.includes(label) ?? false
      if (listed !== (node.grouping?.without ?? false)) withdraw(node.expression, label, classOf)
      return
    }
    case 'binary':
      withdraw(node.left, label, classOf)
      withdraw(node.right, label, classOf)
      return
    case 'call':
      for (const argument of node.args) withdraw(argument, label, classOf)
      return
    default:
  }
}

/** Both sides of a join must have the same labels: what one side lacks is taken from the other. */
function fitLabels(expression: Expression, classOf: Map<VectorSelector, Draft>): void {
  const joins = [...walk(expression)].flatMap(({ node }) => (node.type === 'binary' ? [node] : []))
  for (let round = 0; round < 10; round++) {
    let changed = false
    for (const join of joins) {
      if (join.matching?.on || join.operator === 'or') continue
      const left = labelsOf(join.left, classOf)
      const right = labelsOf(join.right, classOf)
      if (left === undefined || right === undefined) continue
      for (const [has, lacks, side] of [
        [left, right, join.left],
        [right, left, join.right],
      ] as const)
        for (const label of has) {
          if (lacks.has(label) || join.matching?.labels.includes(label) || label === 'le') continue
          withdraw(side, label, classOf)
          changed = true
        }
    }
    if (!changed) return
  }
}

const isAggregated = (ancestors: readonly Expression[]) => ancestors.some(node => node.type === 'aggregation')

function finish(
  draft: Draft,
  index: number,
  all: readonly Draft[],
  expression: Expression,
  variant: number,
): SeriesClass {
  const { selector, metric, labels } = draft
  const raw = draft.places.some(({ ancestors }) => !isAggregated(ancestors))
  const covered = all.some(
    (other, otherIndex) =>
      otherIndex !== index &&
      other.metric === metric &&
      selects(selector, { __name__: metric, ...Object.fromEntries(other.labels) }) &&
      raw &&
      isNarrower(other.selector, otherIndex, selector, index),
  )
  const replicaLabel = replicaLabelOf(draft)
  const own = selector.matchers.filter(matcher => matcher.label === replicaLabel)
  const values: string[] = []
  const replicaValue = (replica: number): string | undefined => {
    if (replicaLabel === undefined) return undefined
    // Most replicas are numbered; a pattern gives only what it can.
    while (values.length <= replica) {
      const known = values.length > 50 ? undefined : new Set(values)
      const first = values.length === 0 ? labels.get(replicaLabel) : undefined
      const next =
        first ?? valueFor(replicaLabel, own, value => known?.has(value) ?? false, variant + values.length) ?? undefined
      if (next === undefined) return undefined
      values.push(next)
    }
    return values[replica]
  }
  return {
    selector,
    metric,
    labels: { __name__: metric, ...Object.fromEntries(labels) },
    replicaLabel: replicaLabel !== undefined && replicaValue(1) !== undefined ? replicaLabel : undefined,
    replicaValue,
    buckets: hasBucket(selector) ? bucketsFor(expression) : undefined,
    owned: !covered,
    uses: usesOf(draft),
    windows: windowsOf(draft),
  }
}

/** The selector with more matchers owns series that several select; of equals the first. */
function isNarrower(a: VectorSelector, aIndex: number, b: VectorSelector, bIndex: number): boolean {
  return a.matchers.length > b.matchers.length || (a.matchers.length === b.matchers.length && aIndex < bIndex)
}

/** A class whose series would also be those of a narrower one gets another value, so that the two can be told apart. */
function separate(classes: SeriesClass[]): void {
  classes.forEach((wide, index) => {
    if (!wide.owned) return
    const narrow = classes.filter(
      (other, otherIndex) =>
        otherIndex !== index &&
        other.metric === wide.metric &&
        isNarrower(other.selector, otherIndex, wide.selector, index) &&
        selects(other.selector, wide.labels),
    )
    if (narrow.length === 0) return
    const labels = { ...wide.labels }
    for (const other of narrow) {
      if (!selects(other.selector, labels)) continue
      for (const matcher of other.selector.matchers) {
        if (matcher.label === '__name__') continue
        const own = wide.selector.matchers.filter(({ label }) => label === matcher.label)
        const value = valueFor(matcher.label, own, candidate => satisfies(matcher, candidate))
        if (value === undefined) continue
        labels[matcher.label] = value
        break
      }
    }
    const moved = wide.replicaLabel !== undefined && labels[wide.replicaLabel] !== wide.labels[wide.replicaLabel]
    classes[index] = {
      ...wide,
      labels,
      replicaLabel: moved ? undefined : wide.replicaLabel,
      owned: !narrow.some(other => selects(other.selector, labels)),
    }
  })
}

/** Series are read by every selector that they match. */
function share(classes: SeriesClass[]): void {
  const readers = classes.map(({ labels }) => classes.filter(({ selector }) => selects(selector, labels)))
  classes.forEach((planned, index) => {
    const all = readers[index] ?? []
    classes[index] = {
      ...planned,
      uses: new Set(all.flatMap(({ uses }) => [...uses])),
      windows: [...new Set(all.flatMap(({ windows }) => windows))].sort((a, b) => a - b),
    }
  })
}

const OWN_LABEL = 'part'

/** A label that every aggregation around the selector drops, and every join below them keeps. */
function replicaLabelOf({ selector, places, labels }: Draft): string | undefined {
  const preferred = ['instance', 'pod', 'cpu', 'device']
  const fixed = new Set(selector.matchers.filter(({ operator }) => operator === '=').map(({ label }) => label))
  const candidates = [...labels.keys()]
    .filter(label => !fixed.has(label) && label !== 'le')
    .sort((a, b) => rank(preferred, a) - rank(preferred, b))
  const aggregated = places.filter(({ ancestors }) => isAggregated(ancestors))
  if (aggregated.length === 0) return undefined
  // Groups that are counted: only more groups count more.
  const counted = candidates.find(label =>
    aggregated.every(({ ancestors }) => {
      const [inner, outer] = ancestors.filter(node => node.type === 'aggregation')
      return inner && outer?.operator === 'count' && !drops(inner, label) && drops(outer, label)
    }),
  )
  if (counted !== undefined) return counted
  const dropped = (label: string) =>
    aggregated.every(({ ancestors }) => {
      const around = ancestors.find(node => node.type === 'aggregation')
      return around !== undefined && drops(around, label)
    })
  // A label of the author's own `without` says along what there are several.
  const named = candidates.find(label =>
    aggregated.some(({ ancestors }) =>
      ancestors.some(
        node => node.type === 'aggregation' && node.grouping?.without && node.grouping.labels.includes(label),
      ),
    ),
  )
  if (named !== undefined && dropped(named)) return named
  const found = candidates.find(label => dropped(label) && joinsKeep(aggregated, label))
  if (found !== undefined) return found
  // All labels are grouped by: a label of its own tells several series apart.
  return aggregated.length === places.length && dropped(OWN_LABEL) && joinsKeep(aggregated, OWN_LABEL)
    ? OWN_LABEL
    : undefined
}

const rank = (order: readonly string[], label: string) => {
  const at = order.indexOf(label)
  return at < 0 ? order.length : at
}

function drops({ grouping }: Aggregation, label: string): boolean {
  return (grouping?.labels.includes(label) ?? false) === (grouping?.without ?? false)
}

function joinsKeep(places: Draft['places'], label: string): boolean {
  return places.every(({ ancestors }) => {
    const end = ancestors.findIndex(node => node.type === 'aggregation')
    return ancestors.slice(0, end).every(node => node.type !== 'binary' || keeps(node, label))
  })
}

function keeps({ matching }: Binary, label: string): boolean {
  return matching === undefined || matching.labels.includes(label) === matching.on
}

function usesOf({ places }: Draft): Set<Use> {
  const uses = new Set<Use>()
  for (const { node, ancestors } of places) {
    const call = ancestors.find(ancestor => ancestor.type === 'call')
    const direct = ancestors[0]?.type === 'matrix' ? ancestors[1] : undefined
    const over = direct?.type === 'call' ? direct.name : undefined
    if (over !== undefined && SLOPES.has(over)) uses.add('slope')
    else if (over !== undefined && CHURNS.has(over)) uses.add('churn')
    else if (ancestors.some(ancestor => ancestor.type === 'subquery') && call !== undefined && SLOPES.has(call.name))
      uses.add('slope')
    else if (ancestors.some(ancestor => ancestor.type === 'subquery') && call !== undefined && CHURNS.has(call.name))
      uses.add('churn')
    else uses.add('level')
    if (over === 'predict_linear') uses.add('level')
    if (FALLING.has(over ?? call?.name ?? '')) uses.add('falls')
    if (hasBucket(node)) uses.add('reach')
    if (uses.has('level') && comparesWithClock(node, ancestors)) uses.add('clock')
  }
  return uses
}

/** Does the value of a node come to stand beside `time()`? What only decides whether other values are there does not. */
function comparesWithClock(node: Expression, ancestors: readonly Expression[]): boolean {
  let inner = node
  for (const around of ancestors) {
    if (isClockBinary(around)) return true
    if (around.type === 'binary' && around.right === inner && decides(around)) return false
    inner = around
  }
  return false
}

const decides = ({ operator, bool }: Binary) =>
  operator === 'and' || operator === 'unless' || (COMPARING.has(operator) && !bool)

/** `time() - x` or `x - time()`, however wrapped. */
function isClockBinary(node: Expression): boolean {
  if (node.type !== 'binary') return false
  return [node.left, node.right].some(side => {
    const inner = unwrap(side)
    return inner.type === 'call' && inner.name === 'time'
  })
}

function windowsOf({ places }: Draft): number[] {
  const windows = places.map(({ node, ancestors }) => {
    const own = ancestors[0]?.type === 'matrix' ? (ancestors[0].range.seconds ?? 0) : 0
    const around = ancestors
      .filter(ancestor => ancestor.type === 'subquery')
      .reduce((sum, subquery) => sum + (subquery.range.seconds ?? 0) + (subquery.offset?.seconds ?? 0), 0)
    return own + around + (node.offset?.seconds ?? 0)
  })
  return [...new Set(windows)].sort((a, b) => a - b)
}

/** Bucket bounds around every constant of the expression. */
function bucketsFor(expression: Expression): number[] {
  const constants = [
    ...new Set(
      [...walk(expression)].flatMap(({ node }) =>
        node.type === 'number' && node.value > 0 && Number.isFinite(node.value) ? [node.value] : [],
      ),
    ),
  ].slice(0, 4)
  const points = new Set(constants)
  for (const a of constants) for (const b of constants) if (a !== b) points.add(a / b)
  const bounds = new Set<number>([1])
  for (const point of [...points].slice(0, 8))
    for (const by of [0.5, 1, 2]) bounds.add(Number((point * by).toPrecision(6)))
  return [...[...bounds].sort((a, b) => a - b), Number.POSITIVE_INFINITY]
}
