import type { Labels } from '../model/timeline.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Operator, Sla } from './file.ts'
import type { Window } from './window.ts'

/** One series; instants in seconds since the epoch, in order. A value may be NaN or an infinity. */
export interface Series {
  readonly labels: Labels
  readonly points: readonly (readonly [number, number])[]
}

export interface Worst {
  readonly labels: Labels
  readonly value: number
  /** Seconds since the epoch. */
  readonly at: number
}

export interface Current {
  readonly verdict: Verdict
  readonly series: number
  readonly worst?: Worst
  readonly reason: string
}

/** A look at one instant: `blind` when there is nothing to compare. */
export type Look = 'compliant' | 'breach' | 'blind'

export interface Budget {
  /** Seconds of the window in which the SLA may be broken. */
  readonly allowed: number
  /** Seconds in which it was. */
  readonly used: number
  /** Seconds of which nobody knows. */
  readonly blind: number
  /** `allowed - used`; negative when overdrawn. Time without data may still take from it. */
  readonly left: number
}

export interface OverWindow {
  readonly verdict: Verdict
  /** Share of the looked-at time, 0 to 1. */
  readonly compliant: number
  readonly budget: Budget
  readonly worst?: Worst
  readonly spans: readonly { readonly look: Look; readonly from: number; readonly to: number }[]
  readonly reason: string
}

/** Every series must comply. Nothing to compare, or NaN, is unknown: an absent metric is no proof of anything. */
export function judgeNow(sla: Sla, series: readonly Series[]): Current {
  const samples = series.flatMap(({ labels, points }) => {
    const last = points.at(-1)
    return last === undefined ? [] : [{ labels, at: last[0], value: last[1] }]
  })
  const worst = worstOf(sla, samples)
  const found = { series: samples.length, ...(worst === undefined ? {} : { worst }) }
  const nan = samples.find(({ value }) => Number.isNaN(value))
  const breach = samples.filter(({ value }) => !Number.isNaN(value) && !complies(value, sla))
  if (samples.length === 0)
    return { verdict: 'unknown', ...found, reason: 'the query gives no series: the metric is absent' }
  if (breach.length > 0)
    return { verdict: 'unmet', ...found, reason: `${breach.length} of ${samples.length} series do not comply` }
  if (nan !== undefined)
    return { verdict: 'unknown', ...found, reason: `${labelText(nan.labels)} is NaN: there is nothing to compare` }
  return { verdict: 'met', ...found, reason: samples.length === 1 ? 'complies' : `all ${samples.length} series comply` }
}

/**
 * Collects looks in time order, chunk by chunk. A series that had a value once and has none now makes the look blind:
 * an exporter that died must not look like one that complies.
 */
export function windowJudge(sla: Sla, window: Window) {
  const known = new Map<string, Labels>()
  const lost = new Map<string, Labels>()
  const spans: { look: Look; from: number; to: number }[] = []
  let worst: Worst | undefined
  const seconds: Record<Look, number> = { compliant: 0, breach: 0, blind: 0 }
  const { step } = window

  function add(series: readonly Series[], instants: readonly number[]): void {
    const columns = series.map(({ labels, points }) => ({
      key: JSON.stringify(Object.entries(labels).toSorted()),
      labels,
      values: new Map(points.map(([at, value]) => [Math.round(at * 1000), value])),
    }))
    for (const at of instants) {
      const present = columns.flatMap(({ key, labels, values }) => {
        const value = values.get(Math.round(at * 1000))
        return value === undefined ? [] : [{ key, labels, value, at }]
      })
      for (const { key, labels } of present) known.set(key, labels)
      const here = new Set(present.map(({ key }) => key))
      for (const [key, labels] of known) if (!here.has(key)) lost.set(key, labels)
      const look = lookAt(present, known.size)
      seconds[look] += step
      const last = spans.at(-1)
      if (last?.look === look) last.to = at
      else spans.push({ look, from: at - step, to: at })
      worst = worstOf(sla, worst === undefined ? present : [worst, ...present])
    }
  }

  function lookAt(present: readonly { value: number }[], expected: number): Look {
    if (present.some(({ value }) => !Number.isNaN(value) && !complies(value, sla))) return 'breach'
    if (present.length === 0 || present.length < expected || present.some(({ value }) => Number.isNaN(value)))
      return 'blind'
    return 'compliant'
  }

  function result(failure?: string): OverWindow {
    const looked = seconds.compliant + seconds.breach + seconds.blind
    const allowed = (window.length * (100 - sla.availability)) / 100
    const budget = { allowed, used: seconds.breach, blind: seconds.blind, left: allowed - seconds.breach }
    const verdict = budgetVerdict(budget, step, failure)
    return {
      verdict,
      compliant: looked === 0 ? 0 : seconds.compliant / looked,
      budget,
      ...(worst === undefined ? {} : { worst }),
      spans,
      reason: failure ?? windowReason(budget, [...lost.values()], known.size),
    }
  }
  return { add, result }
}

/** Seconds that come from adding looks carry rounding; a thousandth of a look decides nothing. */
function budgetVerdict({ allowed, used, blind }: Budget, step: number, failure: string | undefined): Verdict {
  const rounding = step / 1000
  if (used > allowed + rounding) return 'unmet'
  return failure !== undefined || used + blind > allowed + rounding ? 'unknown' : 'met'
}

function windowReason({ allowed, used, blind }: Budget, lost: readonly Labels[], known: number): string {
  if (known === 0) return 'the query gave no series in the whole window: the metric is absent'
  if (used > allowed) return 'the error budget is overdrawn'
  if (used + blind <= allowed) return used === 0 ? 'complied all the time' : 'within the error budget'
  const [first] = lost
  return first === undefined
    ? 'no value to compare for longer than the error budget (no data yet, or NaN)'
    : `no value to compare for longer than the error budget; ${labelText(first)} was missing at times`
}

export function complies(value: number, { operator, target }: Pick<Sla, 'operator' | 'target'>): boolean {
  return comparisons[operator](value, target)
}

const comparisons: Readonly<Record<Operator, (value: number, target: number) => boolean>> = {
  '<': (value, target) => value < target,
  '<=': (value, target) => value <= target,
  '>': (value, target) => value > target,
  '>=': (value, target) => value >= target,
  '==': (value, target) => value === target,
  '!=': (value, target) => value !== target,
}

/** How far a value stands on the wrong side; the largest is the worst. */
function badness(value: number, { operator, target }: Sla): number {
  if (operator === '<' || operator === '<=') return value
  if (operator === '>' || operator === '>=') return -value
  const distance = Math.abs(value - target)
  return operator === '==' ? distance : -distance
}

function worstOf(sla: Sla, samples: readonly Worst[]): Worst | undefined {
  let result: Worst | undefined
  for (const { labels, value, at } of samples)
    if (!Number.isNaN(value) && (result === undefined || badness(value, sla) > badness(result.value, sla)))
      result = { labels, value, at }
  return result
}

/** `name{label="value"}`, as Prometheus writes it. */
export function labelText({ __name__: name = '', ...labels }: Labels): string {
  const inner = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  return inner.length === 0 && name !== '' ? name : `${name}{${inner.join(', ')}}`
}
