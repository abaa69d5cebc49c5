import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml'

/** A YAML file whose scalars are still text, as the author wrote them: promtool, not this reader, decides what they mean. */
export interface YamlSource {
  readonly file: string
  readonly text: string
  readonly document: Document
  readonly lines: LineCounter
  /** Anything that this reader cannot carry over to a scratch file with its meaning unchanged. */
  readonly odd: string | undefined
}

export function readYaml(file: string, text: string): YamlSource {
  const lines = new LineCounter()
  // Without a schema that resolves scalars `0x15` stays `0x15`, and promtool reads it as it would in the original.
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, logLevel: 'silent', uniqueKeys: true })
  const problem = document.errors[0] ?? document.warnings[0]
  const several = /^---\s*$/m.test(text.replace(/^\s*(#.*\n|\n)*---/, ''))
  const odd = problem?.message ?? (several ? 'several documents' : undefined)
  return { file, text, document, lines, odd }
}

export function lineOf(source: Pick<YamlSource, 'lines'>, node: unknown): number {
  const range = (node as Node | null | undefined)?.range
  return range ? source.lines.linePos(range[0]).line : 1
}

/** One line of YAML (flow style) that any YAML 1.1 or 1.2 reader takes for the same value as the original. */
export function carry(node: unknown, document: Document): string {
  if (isAlias(node)) return carry(node.resolve(document), document)
  if (isMap(node)) return `{${(node.items as Pair[]).map(pair => entry(pair, document)).join(', ')}}`
  if (isSeq(node)) return `[${node.items.map(item => carry(item, document)).join(', ')}]`
  // What was put in after parsing may be a bare text.
  if (typeof node === 'string') return JSON.stringify(node)
  if (!isScalar(node)) return '~'
  const text = String(node.value ?? '')
  if (node.type !== 'PLAIN' || node.tag !== undefined) return JSON.stringify(text)
  if (text === '') return '~'
  // A plain scalar may be a number, a boolean or null: only the reader on the other side knows. Others are strings.
  return /^[-+.~\w]+$/.test(text) ? text : JSON.stringify(text)
}

function entry(pair: Pair, document: Document): string {
  return `${carry(pair.key, document)}: ${carry(pair.value, document)}`
}

/** The entries of a mapping by key, aliases resolved; undefined when it is none or has a merge key. */
export function entriesOf(node: unknown, document: Document): Map<string, unknown> | undefined {
  const map = isAlias(node) ? node.resolve(document) : node
  if (!isMap(map)) return undefined
  const entries = new Map<string, unknown>()
  for (const pair of map.items as Pair[]) {
    const key = textOf(pair.key)
    if (key === undefined || key === '<<') return undefined
    entries.set(key, isAlias(pair.value) ? pair.value.resolve(document) : pair.value)
  }
  return entries
}

/** The items of a sequence; an absent or empty value is an empty one; undefined when it is something else. */
export function itemsOf(node: unknown, document: Document): readonly unknown[] | undefined {
  const value = isAlias(node) ? node.resolve(document) : node
  if (value === undefined || value === null || (isScalar(value) && (value.value === '' || value.value === null)))
    return []
  return isSeq(value) ? value.items : undefined
}

export function textOf(node: unknown): string | undefined {
  if (typeof node === 'string') return node
  if (!isScalar(node)) return undefined
  return node.value === null ? '' : String(node.value)
}
