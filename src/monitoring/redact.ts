import { isScalar, type Node, visit } from 'yaml'
import { applyEdits, type Edit } from '../promql/edit.ts'
import { hidden, hideInComment, hideUserinfo, isSecret } from './secrets.ts'
import { YamlSource } from './yaml.ts'

/** A configuration file (Alertmanager's or Prometheus's) with every secret replaced, layout and comments kept; safe for diffs and records. */
export function redact(text: string): string {
  const source = new YamlSource(text, '', { editable: true })
  return redactComments(source.document === undefined ? redactLines(text) : applyEdits(text, secretEdits(source)))
}

function secretEdits(source: YamlSource): Edit[] {
  const edits: Edit[] = []
  visit(source.document ?? null, {
    Scalar(role, node, ancestors) {
      if (role === 'key' || typeof node.value === 'symbol') return
      const path = ancestors.flatMap(ancestor => keyOf(ancestor))
      const value = String(node.value ?? '')
      const safe = isSecret(path) && value !== '' ? hidden : hideUserinfo(value)
      if (safe !== value) edits.push(source.replace(node as Node, safe))
    },
  })
  return edits
}

function keyOf(ancestor: unknown): string[] {
  const key = typeof ancestor === 'object' && ancestor !== null && 'key' in ancestor ? ancestor.key : undefined
  return isScalar(key) ? [String(key.value)] : []
}

/** Whole-line comments and those behind a value. */
export function redactComments(text: string): string {
  return text.replace(/(^|\s)#.*$/gm, comment => hideInComment(comment))
}

/** For a file that is no YAML: every line that looks like a secret setting. */
function redactLines(text: string): string {
  return text.replace(/^.*$/gm, line => hideInComment(line))
}
