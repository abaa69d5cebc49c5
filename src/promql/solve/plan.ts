import { accepts, exampleFor } from '../regex.ts'
import type { Expression, Matcher, VectorSelector } from '../tree.ts'
import { metricName, walk } from '../walk.ts'
import { type Draft, hasBucket } from './draft.ts'
import { copyLabels, fitLabels, universeOf } from './labels.ts'
import { isAggregated, replicaLabelOf } from './replicas.ts'
import { bucketsFor, type Use, usesOf, windowsOf } from './uses.ts'

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

/** Does a series with these labels belong to the selector? */
export function selects(selector: VectorSelector, labels: Readonly<Record<string, string>>): boolean {
  const name = selector.name
  if (name !== undefined && labels['__name__'] !== name) return false
  return selector.matchers.every(matcher => accepts(matcher, labels[matcher.label] ?? ''))
}

/** A value that satisfies all matchers of one label and is none of `taken`; undefined when none is found. */
export function valueFor(
  label: string,
  matchers: readonly Pick<Matcher, 'operator' | 'value'>[],
  taken: (value: string) => boolean = () => false,
  first = 1,
): string | undefined {
  const refused = (value: string) => value === '' || taken(value) || !matchers.every(matcher => accepts(matcher, value))
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
  const universe = universeOf(expression, all, options.labels ?? [])
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
      if (value !== undefined && own.every(matcher => accepts(matcher, value))) {
        draft.labels.set(label, value)
        continue
      }
      const chosen = valueFor(label, own, undefined, variant)
      if (chosen !== undefined) draft.labels.set(label, chosen)
      else if (!own.every(matcher => accepts(matcher, '')))
        return { reason: `no value of the label ${label} satisfies all matchers of one selector` }
    }
    // A single bucket is a series like any other.
    const bounds = selector.matchers.filter(({ label }) => label === 'le')
    const bound = bounds.length === 0 ? undefined : valueFor('le', bounds)
    if (bound !== undefined) draft.labels.set('le', bound)
  }
  copyLabels(expression, classOf)
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
        const value = valueFor(matcher.label, own, candidate => accepts(matcher, candidate))
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
