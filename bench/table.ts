export type Row = Readonly<Record<string, string | number>>

/** A Markdown table with the columns of all rows, in order of their first appearance. */
export function markdown(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap(row => Object.keys(row)))]
  const lines = [
    columns,
    columns.map(() => '---'),
    ...rows.map(row => columns.map(column => String(row[column] ?? ''))),
  ]
  return lines.map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

export interface Spread {
  readonly least: number
  readonly median: number
  readonly worst: number
}

/** Of at least one value. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  return {
    least: at(0),
    median: sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2,
    worst: at(sorted.length - 1),
  }
}

/** `median (least to worst)` with this many digits after the point. */
export function shownSpread(values: readonly number[], digits = 0): string {
  if (values.length === 0) return 'none'
  const { least, median, worst } = spread(values)
  return `${median.toFixed(digits)} (${least.toFixed(digits)} to ${worst.toFixed(digits)})`
}
