import { stripVTControlCharacters } from 'node:util'

/** Left-aligned columns for a terminal. Control characters of foreign texts never reach it. */
export function columns(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = [header, ...rows].map(row =>
    row.map(cell => stripVTControlCharacters(cell).replaceAll(/\p{Cc}+/gu, ' ')),
  )
  const widths = header.map((_, index) => Math.max(...clean.map(row => row[index]?.length ?? 0)))
  return clean
    .map(row =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map(line => `${line}\n`)
    .join('')
}
