import type { Place } from '../../monitoring/located.ts'
import type { AuditInput, InputName } from './input.ts'

/** Gravest first: nothing works; an incident is missed or misjudged; it hurts some day; good practice. */
export const severities = ['blocker', 'high', 'medium', 'low'] as const
type Severity = (typeof severities)[number]

export interface Spot {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** What a detector says of one place. */
export interface Remark extends Spot {
  /** The alert, route, receiver, job or panel that it is about. */
  readonly subject: string
  /** What will happen in production. */
  readonly happens: string
  /** What to do about it. */
  readonly advice: string
  /** When it differs from the detector's. */
  readonly severity?: Severity
}

export interface AuditFinding extends Remark {
  readonly detector: string
  readonly severity: Severity
}

/** One file, and one line in index.ts; the key there is its name in findings and in `# genesis-drill disable NAME reason`. */
export interface Detector {
  readonly summary: string
  readonly severity: Severity
  /** It is asked only when all of these were given. */
  readonly needs: readonly InputName[]
  detect(input: AuditInput): Iterable<Remark> | Promise<Iterable<Remark>>
}

export function spot(file: string, { line, column }: Pick<Place, 'line' | 'column'>): Spot {
  return { file, line, column }
}

/** `a, b and 3 more`. */
export function some(names: Iterable<string>, most = 4): string {
  const all = [...new Set(names)]
  if (all.length <= most) return all.join(', ')
  return `${all.slice(0, most).join(', ')} and ${all.length - most} more`
}
