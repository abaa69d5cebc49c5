import type { Labels } from '../model/timeline.ts'

/** One line of the Prometheus text format. */
export function sampleLine(metric: string, labels: Labels, value: number): string {
  const inner = Object.entries(labels).map(([name, text]) => `${name}="${escaped(text)}"`)
  return `${metric}${inner.length === 0 ? '' : `{${inner.join(',')}}`} ${numberText(value)}\n`
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return String(value)
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}
