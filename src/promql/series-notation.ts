import { parsePromql } from './parse.ts'
import { printLabel, printNumber } from './print.ts'
import { quote } from './quote.ts'

/** A series as promtool's unit tests write it: `name{label="value"}`. */
export interface SeriesName {
  readonly metric: string
  /** Without `__name__`. */
  readonly labels: Readonly<Record<string, string>>
}

/** One sample of a played series: a number, nothing at that instant, or a staleness marker. */
export type PlayedValue = number | 'missing' | 'stale'

/** `count` values from `first` in steps of `step` (0 for what is no number). */
export interface ValueRun {
  readonly first: PlayedValue
  readonly step: number
  readonly count: number
}

export interface NotationError {
  readonly error: string
  /** Offset in the text. */
  readonly at: number
}

export function parseSeriesName(text: string): SeriesName | NotationError {
  const selector = parsePromql(text)
  if ('error' in selector)
    return { error: `${selector.error}; expected a series such as up{job="web"}`, at: selector.at }
  const plain = selector.type === 'selector' && selector.offset === undefined && selector.at === undefined
  if (!plain) return { error: 'expected a series such as up{job="web"}', at: selector.from }
  const labels: Record<string, string> = {}
  let metric = selector.name
  for (const { label, operator, value, from } of selector.matchers) {
    if (operator !== '=') return { error: `a series has labels with =, not ${operator}`, at: from }
    if (label in labels || (label === '__name__' && metric !== undefined))
      return { error: `label ${label} is given twice`, at: from }
    if (label === '__name__') metric = value
    else labels[label] = value
  }
  if (metric === undefined) return { error: 'the series has no metric name', at: selector.from }
  return { metric, labels }
}

/** As promtool and Prometheus write it: labels sorted. */
export function formatSeriesName({ metric, labels }: SeriesName): string {
  const plain = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric)
  const inner = Object.keys(labels)
    .sort()
    .map(label => `${printLabel(label)}=${quote(labels[label] ?? '')}`)
  if (!plain) inner.unshift(`__name__=${quote(metric)}`)
  return `${plain ? metric : ''}${inner.length === 0 ? '' : `{${inner.join(', ')}}`}`
}

const NUMBER = String.raw`(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)`
const ITEM = new RegExp(
  String.raw`^(?:(_)|(stale)|([+-]?(?:${NUMBER}|[iI][nN][fF]|[nN][aA][nN])))(?:([+-]${NUMBER})?x(\d+))?$`,
)
const MOST_VALUES = 10_000_000

/** `1+1x10 _ _x5 stale -2x3 4 NaN`. Native histograms (`{{schema:1 ...}}`) are refused by name. */
export function parseValues(text: string): readonly ValueRun[] | NotationError {
  const runs: ValueRun[] = []
  for (const { 0: item, index: at } of text.matchAll(/\S+/g)) {
    if (item.includes('{{')) return { error: 'native histograms cannot be played; only numbers', at }
    const run = parseItem(item)
    if (typeof run === 'string') return { error: run, at }
    runs.push(run)
  }
  if (runs.length === 0) return { error: 'no values; expected for example 0x10 or 1+2x5', at: 0 }
  if (countValues(runs) > MOST_VALUES) return { error: `more than ${MOST_VALUES} values`, at: 0 }
  return runs
}

function parseItem(item: string): ValueRun | string {
  const match = ITEM.exec(item)
  const expected = `expected a number, 1x5, 1+2x5, _, _x5 or stale, got ${JSON.stringify(item)}`
  if (match === null) return expected
  const [, missing, stale, number, step, times] = match
  if (missing !== undefined) {
    return step === undefined ? { first: 'missing', step: 0, count: times === undefined ? 1 : Number(times) } : expected
  }
  if (stale !== undefined)
    return times === undefined ? { first: 'stale', step: 0, count: 1 } : `${expected}: stale cannot be repeated`
  const first = parseNumber(number ?? '')
  // promtool's lexer takes `NaNx3` for one word.
  if (times !== undefined && !Number.isFinite(first)) return `${expected}: ${number} cannot be repeated`
  return { first, step: Number(step ?? 0), count: times === undefined ? 1 : Number(times) + 1 }
}

function parseNumber(text: string): number {
  const bare = text.replace(/^[+-]/, '').toLowerCase()
  const value = bare === 'inf' ? Number.POSITIVE_INFINITY : bare === 'nan' ? Number.NaN : Number(bare)
  return text.startsWith('-') ? -value : value
}

/** How many values that is. */
export function countValues(runs: readonly ValueRun[]): number {
  return runs.reduce((sum, run) => sum + run.count, 0)
}

/** The value at an index; `missing` past the end. */
export function valueAt(runs: readonly ValueRun[], index: number): PlayedValue {
  let rest = index
  for (const run of runs) {
    if (rest < run.count) return nth(run, rest)
    rest -= run.count
  }
  return 'missing'
}

/** By repeated addition, as promtool does; with whole numbers a product is the same. */
function nth({ first, step }: ValueRun, index: number): PlayedValue {
  if (typeof first !== 'number' || step === 0) return first
  if (Number.isInteger(first) && Number.isInteger(step)) return first + step * index
  let value = first
  for (let count = 0; count < index; count++) value += step
  return value
}

/** All values, one at a time. */
export function* valuesOf(runs: readonly ValueRun[]): Generator<PlayedValue> {
  for (const { first, step, count } of runs) {
    let value = first
    for (let index = 0; index < count; index++) {
      yield value
      if (typeof value === 'number') value += step
    }
  }
}

/** A short notation that promtool reads as exactly these values. */
export function formatValues(values: Iterable<PlayedValue>): string {
  const all = [...values]
  const items: string[] = []
  for (let start = 0; start < all.length; ) {
    const { text, count } = longestRun(all, start)
    items.push(text)
    start += count
  }
  return items.join(' ')
}

function longestRun(all: readonly PlayedValue[], start: number): { text: string; count: number } {
  const first = all[start]
  if (first === 'stale' || first === undefined) return { text: 'stale', count: 1 }
  if (first === 'missing') {
    const count = lengthWhile(all, start, value => value === 'missing')
    return { text: count === 1 ? '_' : `_x${count}`, count }
  }
  const text = printNumber(first).replace('+', '')
  const second = all[start + 1]
  if (!Number.isFinite(first) || typeof second !== 'number') return { text, count: 1 }
  const step = second - first
  let wanted = first
  const count = lengthWhile(all, start, value => {
    const same = Object.is(value, wanted)
    wanted += step
    return same
  })
  // Two values in a row are a step by chance; written apart they read better.
  if (count < (step === 0 ? 2 : 3)) return { text, count: 1 }
  const by = step === 0 ? '' : `${step > 0 ? '+' : ''}${printNumber(step)}`
  return { text: `${text}${by}x${count - 1}`, count }
}

function lengthWhile(all: readonly PlayedValue[], start: number, holds: (value: PlayedValue) => boolean): number {
  let end = start
  for (let value = all[end]; value !== undefined && holds(value); value = all[++end]);
  return end - start
}
