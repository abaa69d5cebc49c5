import type { Domain } from '../facts/labels.ts'
import { some } from '../finding.ts'

/** The values that a label may have, for people. */
export function possibleValues(domains: readonly Domain[]): string {
  const values = domains.flatMap(domain => [...domain.values]).map(value => (value === '' ? 'missing' : value))
  const open = domains.some(domain => domain.open !== undefined)
  return some([...values, ...(open ? ['what the series carry'] : [])], 6)
}
