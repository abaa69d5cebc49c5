import {
  CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { parseDuration } from '../model/duration.ts'
import type { Problem } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import type { Edit } from '../promql/edit.ts'
import type { Located, Place } from './located.ts'

/** A key of a mapping with its value; the value's node is undefined where nothing is written. */
export interface Entry {
  readonly key: string
  readonly keyNode: Scalar
  readonly node: Node | undefined
}

const MOST_BYTES = 32 * 1024 * 1024

/**
 * A YAML file that is read key by key, with the place of everything. What is wrong is collected in `problems`; the reading methods then
 * give undefined. Aliases and merge keys are followed, never multiplied.
 */
export class YamlSource {
  readonly text: string
  readonly file: string
  readonly problems: Problem[] = []
  readonly document: Document.Parsed | undefined
  readonly #lines = new LineCounter()

  /** `editable`: keeps what `replace` needs, which takes memory. */
  constructor(text: string, file: string, { editable = false }: { editable?: boolean } = {}) {
    this.text = text
    this.file = file
    if (text.length > MOST_BYTES) {
      this.problems.push({ file, message: `larger than ${MOST_BYTES / 1024 / 1024} MiB` })
      return
    }
    const documents = parseAllDocuments(text, {
      keepSourceTokens: editable,
      lineCounter: this.#lines,
      merge: true,
      prettyErrors: false,
    })
    const filled = 'empty' in documents ? [] : documents.filter(document => document.contents !== null)
    // What follows the first syntax error is mostly its echo.
    for (const { errors } of filled)
      for (const { message, pos } of errors.slice(0, 1)) this.problems.push({ file, ...this.#at(pos[0]), message })
    const second = filled[1]
    if (second !== undefined)
      this.problems.push({ file, ...this.#at(second.range[0]), message: 'a second YAML document; expected one a file' })
    this.document = this.problems.length === 0 ? filled[0] : undefined
    if (this.problems.length === 0 && this.document === undefined)
      this.problems.push({ file, line: 1, column: 1, message: 'the file is empty' })
  }

  #at(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }

  placeAt(from: number, to: number): Place {
    return { ...this.#at(from), from, to }
  }

  place(node: Node | undefined): Place {
    const range = node?.range ?? [0, 0, 0]
    return this.placeAt(range[0], range[1])
  }

  complain(node: Node | undefined, message: string): undefined {
    const { line, column } = this.place(node)
    this.problems.push({ file: this.file, line, column, message })
    return undefined
  }

  /** The node itself, aliases followed. */
  resolve(node: unknown): Node | undefined {
    if (isAlias(node)) return this.document === undefined ? undefined : node.resolve(this.document)
    return isMap(node) || isSeq(node) || isScalar(node) ? node : undefined
  }

  /** The keys of a mapping, those merged in by `<<` last. `what` names it in problems. */
  entries(node: unknown, what: string): Entry[] {
    const map = this.resolve(node)
    if (map === undefined || (isScalar(map) && map.value === null)) return []
    if (!isMap(map)) {
      this.complain(map, `${what} must be a mapping`)
      return []
    }
    const own: Entry[] = []
    const merged: Entry[] = []
    for (const { key, value } of (map as YAMLMap).items) {
      const keyNode = this.resolve(key)
      if (!isScalar(keyNode)) this.complain(map, `${what} has a key that is no plain word`)
      else if (keyNode.value === '<<' || keyNode.value === Symbol.for('<<'))
        merged.push(...this.#sources(value).flatMap(source => this.entries(source, what)))
      else own.push({ key: String(keyNode.value), keyNode, node: this.resolve(value) })
    }
    return [...own, ...merged.filter(({ key }) => !own.some(entry => entry.key === key))]
  }

  #sources(node: unknown): readonly unknown[] {
    const resolved = this.resolve(node)
    return isSeq(resolved) ? resolved.items : [resolved]
  }

  /** A mapping whose keys must be among `known`; unknown ones are problems with the nearest known name. */
  mapping<Key extends string>(node: unknown, what: string, known: readonly Key[]): Partial<Record<Key, Entry>> {
    const result: Partial<Record<Key, Entry>> = {}
    for (const entry of this.entries(node, what)) {
      const key = known.find(candidate => candidate === entry.key)
      if (key !== undefined) result[key] = entry
      else {
        const close = nearest(entry.key, known)
        this.complain(
          entry.keyNode,
          `unknown key ${entry.key} in ${what}${close === undefined ? '' : `; did you mean ${close}?`}`,
        )
      }
    }
    return result
  }

  /** The items of a list; nothing written is an empty one. */
  list(node: unknown, what: string): Node[] {
    const sequence = this.resolve(node)
    if (sequence === undefined || (isScalar(sequence) && sequence.value === null)) return []
    if (isSeq(sequence)) return (sequence as YAMLSeq).items.flatMap(item => this.resolve(item) ?? [])
    this.complain(sequence, `${what} must be a list`)
    return []
  }

  /** A text. Numbers and booleans count as their own text, as in Prometheus. */
  string(entry: Entry | undefined, what: string): Located<string> | undefined {
    return entry === undefined
      ? undefined
      : this.stringNode(entry.node ?? entry.keyNode, what, entry.node === undefined)
  }

  stringNode(node: Node, what: string, empty = false): Located<string> | undefined {
    if (!isScalar(node) || empty || node.value === null) return this.complain(node, `${what} must be a text`)
    return {
      value: typeof node.value === 'string' ? node.value : (node.source ?? String(node.value)),
      ...this.place(node),
    }
  }

  strings(entry: Entry | undefined, what: string): Located<string>[] {
    return this.list(entry?.node, what).flatMap(node => this.stringNode(node, `an item of ${what}`) ?? [])
  }

  /** Seconds of a Prometheus duration. */
  duration(entry: Entry | undefined, what: string): Located<number> | undefined {
    const text = this.string(entry, what)
    if (text === undefined) return undefined
    const seconds = parseDuration(text.value)
    if (seconds === undefined)
      return this.complain(
        entry?.node,
        `${what} must be a duration such as 30s or 5m, got ${JSON.stringify(text.value)}`,
      )
    return { ...text, value: seconds }
  }

  boolean(entry: Entry | undefined, what: string): Located<boolean> | undefined {
    if (entry === undefined) return undefined
    if (!isScalar(entry.node) || typeof entry.node.value !== 'boolean')
      return this.complain(entry.node ?? entry.keyNode, `${what} must be true or false`)
    return { value: entry.node.value, ...this.place(entry.node) }
  }

  number(entry: Entry | undefined, what: string): Located<number> | undefined {
    if (entry === undefined) return undefined
    if (!isScalar(entry.node) || typeof entry.node.value !== 'number')
      return this.complain(entry.node ?? entry.keyNode, `${what} must be a number`)
    return { value: entry.node.value, ...this.place(entry.node) }
  }

  /** A mapping of names to texts, with the place of each. */
  labels(entry: Entry | undefined, what: string): { values: Record<string, string>; places: Record<string, Place> } {
    const values: Record<string, string> = {}
    const places: Record<string, Place> = {}
    for (const inner of this.entries(entry?.node, what)) {
      const text = this.string(inner, `${inner.key} in ${what}`)
      if (text === undefined) continue
      values[inner.key] = text.value
      places[inner.key] = this.place(inner.keyNode)
    }
    return { values, places }
  }

  /** Plain data of a node, aliases at most 100 times. */
  data(node: Node | undefined): unknown {
    if (node === undefined || this.document === undefined) return undefined
    return node.toJS(this.document, { maxAliasCount: 100 })
  }

  /** The edit that writes another value in the place of a scalar, in its own style, comments and layout kept. */
  replace(node: Node, value: string): Edit {
    if (!isScalar(node) || node.srcToken === undefined)
      throw new Error('only a scalar of an editable source can be replaced')
    return replaceToken(node.srcToken, value)
  }
}

function replaceToken(token: CST.Token, value: string): Edit {
  const before = CST.stringify(token)
  const copy = structuredClone(token)
  CST.setScalarValue(copy, value, { afterKey: true })
  return { from: token.offset, to: token.offset + before.length, text: CST.stringify(copy) }
}
