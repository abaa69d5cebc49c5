/** A series as promtool's unit tests write it: `name{label="value"}`. */
export interface SeriesName {
  /** Without `__name__`. */
  readonly labels: Readonly<Record<string, string>>
  readonly metric: string
}

/** One sample of a played series: a number, nothing at that instant, or a staleness marker. */
export type PlayedValue = number | 'missing' | 'stale'

/** A run of values: `count` values from `first` in steps of `step`. */
export interface ValueRun {
  readonly first: number | 'missing' | 'stale'
  readonly step: number
  readonly count: number
}

export interface NotationError {
  readonly error: string
  /** Offset in the text. */
  readonly at: number
}

export function parseSeriesName(text: string): SeriesName | NotationError {
  throw new Error(`not built yet ${text}`)
}
export function formatSeriesName(series: SeriesName): string {
  throw new Error(`not built yet ${series}`)
}
/** `1+1x10 _ _x5 stale -2x3 4 NaN`. Native histograms (`{{schema:1 ...}}`) are refused by name. */
export function parseValues(text: string): readonly ValueRun[] | NotationError {
  throw new Error(`not built yet ${text}`)
}
/** How many values that is. */
export function countValues(runs: readonly ValueRun[]): number {
  throw new Error(`not built yet ${runs}`)
}
/** The value at an index; `missing` past the end. */
export function valueAt(runs: readonly ValueRun[], index: number): PlayedValue {
  throw new Error(`not built yet ${runs} ${index}`)
}
/** All values, one at a time. */
export function* valuesOf(runs: readonly ValueRun[]): Generator<PlayedValue> {
  yield* []
  throw new Error(`not built yet ${runs}`)
}
/** The shortest notation that promtool reads as exactly these values. */
export function formatValues(values: Iterable<PlayedValue>): string {
  throw new Error(`not built yet ${values}`)
}
