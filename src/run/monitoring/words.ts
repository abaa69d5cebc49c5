import type { Labels } from '../../model/timeline.ts'

/** `Name{label="value"}`, for people. */
export function inWords(labels: Labels): string {
  const { alertname, __name__, ...rest } = labels
  const inner = Object.entries(rest).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  return `${alertname ?? __name__ ?? ''}${inner.length === 0 ? '' : `{${inner.join(', ')}}`}`
}
