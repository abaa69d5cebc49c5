import { nearest } from '../../model/nearest.ts'
import type { AuditFinding } from './finding.ts'
import type { AuditedText } from './input.ts'

interface Disable {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly detector: string
  readonly reason: string
  /** The last line that it covers. */
  readonly until: number
}

const COMMENT = /(?:#|\/\/|<!--)\s*genesis-drill disable\b[ \t]*(\S*)[ \t]*(.*?)\s*(?:-->)?$/

/**
 * `# genesis-drill disable NAME reason` accepts the findings of one detector: behind a line for that line, on a line of its own for the
 * next one, each time with what is indented below. One without a reason, with an unknown name or without effect is a finding itself.
 */
export function withoutAccepted(
  findings: readonly AuditFinding[],
  texts: readonly AuditedText[],
  known: readonly string[],
): AuditFinding[] {
  const disables = texts.flatMap(disablesOf)
  const used = new Set<Disable>()
  const kept = findings.filter(finding => {
    const accepting = disables.filter(
      ({ file, detector, reason, line, until }) =>
        file === finding.file &&
        detector === finding.detector &&
        reason !== '' &&
        finding.line >= line &&
        finding.line <= until,
    )
    for (const disable of accepting) used.add(disable)
    return accepting.length === 0
  })
  const told = disables.flatMap((disable): AuditFinding[] => {
    if (used.has(disable)) return []
    const { file, line, column, detector, reason } = disable
    const close = nearest(detector, known)
    const happens = !known.includes(detector)
      ? `no detector is named ${detector || '(nothing)'}${close === undefined ? '' : `; did you mean ${close}?`}`
      : reason === ''
        ? 'it gives no reason, so it accepts nothing'
        : 'it accepts nothing: there is no such finding here (any more)'
    return [
      {
        detector: 'disable',
        severity: 'medium',
        file,
        line,
        column,
        subject: `disable ${detector}`,
        happens,
        advice: 'write # genesis-drill disable NAME reason, or remove it',
      },
    ]
  })
  return [...kept, ...told]
}

function disablesOf({ file, text }: AuditedText): Disable[] {
  const lines = text.split('\n')
  return lines.flatMap((written, index): Disable[] => {
    const match = COMMENT.exec(written)
    if (match === null) return []
    const alone = written.slice(0, match.index).trim() === ''
    let first = index
    if (alone)
      do first++
      while (first < lines.length && /^\s*(#.*)?$/.test(lines[first] ?? ''))
    const indent = indentOf(lines[first] ?? '')
    let last = first
    while (
      last + 1 < lines.length &&
      (indentOf(lines[last + 1] ?? '') > indent || (lines[last + 1] ?? '').trim() === '')
    )
      last++
    return [
      {
        file,
        line: index + 1,
        column: match.index + 1,
        detector: match[1] ?? '',
        reason: match[2] ?? '',
        until: last + 1,
      },
    ]
  })
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}
