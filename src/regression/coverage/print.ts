import type { CoverageReport, ItemCoverage } from './result.ts'

/** The table of alerts, what is not shown of the rest, and the share of all. */
export function printCoverage({ alerts, items, covered, total, percent, notes }: CoverageReport): string {
  const delivery = alerts.some(({ delivered }) => delivered !== undefined)
  const head = ['alert', 'fires', 'quiet', 'resolves', ...(delivery ? ['delivered'] : []), 'where']
  const rows = alerts.map(({ alert, fire, quiet, resolve, delivered, file, line }) => [
    alert,
    fire,
    quiet,
    resolve,
    ...(delivery ? [delivered ?? 'no'] : []),
    `${file}:${line}`,
  ])
  const sections = (['route', 'receiver', 'inhibition', 'time interval', 'matcher'] as const).flatMap(what =>
    section(what, items),
  )
  return [
    ...table([head, ...rows]),
    '',
    ...sections,
    ...notes.map(note => `note: ${note}`),
    `${covered} of ${total} shown, ${percent.toFixed(1)} %`,
  ].join('\n')
}

function section(what: ItemCoverage['what'], items: readonly ItemCoverage[]): string[] {
  const all = items.filter(item => item.what === what)
  if (all.length === 0) return []
  const open = all.filter(({ shown }) => shown === 'no')
  return [
    `${what}s: ${all.length - open.length} of ${all.length} shown`,
    ...open.map(({ name, file, line, missing }) => `  ${file}:${line} ${name}: ${missing}`),
    '',
  ]
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)))
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
