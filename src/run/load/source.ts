import { existsSync } from 'node:fs'
import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import { messageOf, type Problem } from '../../model/errors.ts'
import type { SourceFile } from './scenario.ts'

const LARGEST = 2 * 1024 * 1024

/** Collects everything that is wrong in all files, so that the author sees it at once. */
export class Problems {
  readonly all: Problem[] = []
  add(file: string, message: string, position?: { line: number; column: number }): void {
    this.all.push({ file, ...position, message })
  }
}

/** The folder that no path of an author's file may leave: the repository around the file, or the working directory. */
export function repositoryOf(file: string): string {
  let folder = dirname(resolve(file))
  for (;;) {
    if (existsSync(join(folder, '.git'))) return folder
    const parent = dirname(folder)
    if (parent === folder) return within(process.cwd(), resolve(file)) ? process.cwd() : dirname(resolve(file))
    folder = parent
  }
}

function within(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
}

/** As people should read it. */
export function shown(path: string): string {
  const nearer = relative(process.cwd(), path)
  return nearer !== '' && !nearer.startsWith('..') ? nearer : path
}

/** Reads a file of the author's; symbolic links are followed and must stay inside `root`, too. Undefined when a problem was added. */
export async function readSource(
  path: string,
  root: string,
  problems: Problems,
  from?: { file: string; position: { line: number; column: number } | undefined },
): Promise<SourceFile | undefined> {
  const place = from ?? { file: shown(path), position: undefined }
  const refuse = (message: string): undefined => {
    problems.add(place.file, message, place.position)
    return undefined
  }
  if (!within(root, resolve(path)))
    return refuse(
      `${path} leaves the repository ${root}; expected a file inside it. Copy it there, or run from a repository that holds both`,
    )
  try {
    const real = await realpath(path)
    if (!within(await realpath(root), real))
      return refuse(`${shown(path)} is a link out of the repository ${root}; expected a file inside it`)
    const facts = await stat(real)
    if (!facts.isFile()) return refuse(`${shown(path)} is no file`)
    if (facts.size > LARGEST)
      return refuse(
        `${shown(path)} has ${facts.size} bytes; at most ${LARGEST} are read, for nobody reviews a larger one`,
      )
    return { file: shown(path), path: resolve(path), text: await readFile(real, 'utf8') }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return refuse(
      code === 'ENOENT' ? `${shown(path)} does not exist` : `${shown(path)} cannot be read: ${messageOf(error)}`,
    )
  }
}

/** A YAML file with the position of each of its parts. */
export class DecodedYaml {
  readonly source: SourceFile
  readonly value: unknown
  readonly #document: Document
  readonly #lines: LineCounter

  constructor(source: SourceFile, document: Document, lines: LineCounter, value: unknown) {
    this.source = source
    this.#document = document
    this.#lines = lines
    this.value = value
  }

  /** Where the value at this path stands; for a path that is not there, the nearest part above it. */
  position(path: readonly PropertyKey[], key = false): { line: number; column: number } {
    for (let length = path.length; length > 0; length--) {
      const node = key && length === path.length ? this.#keyNode(path) : this.#node(path.slice(0, length))
      if (node?.range) {
        const { line, col } = this.#lines.linePos(node.range[0])
        return { line, column: col }
      }
    }
    return { line: 1, column: 1 }
  }

  place(path: readonly PropertyKey[]): string {
    const { line, column } = this.position(path)
    return `${this.source.file}:${line}:${column}`
  }

  #node(path: readonly PropertyKey[]): Node | undefined {
    const node = this.#document.getIn(path as unknown[], true)
    return node !== null && typeof node === 'object' && 'range' in node ? (node as Node) : undefined
  }

  #keyNode(path: readonly PropertyKey[]): Node | undefined {
    const parent =
      path.length === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, -1) as unknown[], true)
    if (!isMap(parent)) return undefined
    const pair = parent.items.find(item => isScalar(item.key) && item.key.value === path.at(-1))
    return pair === undefined ? undefined : (pair.key as Node)
  }
}

/** Parses YAML strictly: unique keys, few aliases (a bomb is refused), one document. Undefined when a problem was added. */
export function parseYaml(source: SourceFile, problems: Problems): DecodedYaml | undefined {
  const lines = new LineCounter()
  const document = parseDocument(source.text, {
    lineCounter: lines,
    uniqueKeys: true,
    strict: true,
    prettyErrors: false,
  })
  for (const error of document.errors) {
    const { line, col } = lines.linePos(error.pos[0])
    problems.add(source.file, `not readable as YAML: ${error.message}`, { line, column: col })
  }
  if (document.errors.length > 0) return undefined
  try {
    return new DecodedYaml(source, document, lines, document.toJS({ maxAliasCount: 100 }))
  } catch (error) {
    problems.add(source.file, `refused: ${messageOf(error)} (aliases that multiply; write the values out)`, {
      line: 1,
      column: 1,
    })
    return undefined
  }
}
