import { parsePromql } from '../../../promql/parse.ts'
import type { Expression } from '../../../promql/tree.ts'
import type { AuditInput } from '../input.ts'
import type { Snippet } from './documents.ts'

/** A query wherever it was written. */
export interface Query {
  readonly kind: 'alert' | 'record' | 'panel' | 'document'
  readonly subject: string
  readonly expression: Expression
  readonly file: string
  readonly line: number
  readonly column: number
}

export function queriesOf(input: AuditInput): Query[] {
  const rules = input.rules.flatMap(({ file, groups }) =>
    groups.flatMap(group =>
      group.rules.map(
        ({ kind, name, expression, expr: { line, column } }): Query => ({
          kind,
          subject: name,
          expression,
          file,
          line,
          column,
        }),
      ),
    ),
  )
  const panels = input.panels.flatMap(({ title, file, queries }) =>
    queries.flatMap(({ expression, line, column }): Query[] =>
      expression === undefined ? [] : [{ kind: 'panel', subject: title, expression, file, line, column }],
    ),
  )
  return [...rules, ...panels, ...input.snippets.flatMap(documented)]
}

/** Each line of a PromQL snippet, or lines that only together are a query; the comment above is its subject. */
function documented({ file, language, text, line }: Snippet): Query[] {
  if (language !== 'promql') return []
  const queries: Query[] = []
  let subject = 'a query'
  let pending = ''
  for (const [index, written] of text.split('\n').entries()) {
    if (written.trim().startsWith('#')) subject = written.trim().replace(/^#+\s*/, '')
    if (written.trim() === '' || written.trim().startsWith('#')) {
      pending = ''
      continue
    }
    pending = `${pending}\n${written}`
    const expression = parsePromql(pending)
    if ('error' in expression) continue
    queries.push({ kind: 'document', subject, expression, file, line: line + index, column: 1 })
    pending = ''
  }
  return queries
}
