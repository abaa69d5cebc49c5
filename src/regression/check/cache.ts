import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type CheckFile, ruleFilesOf } from './collect.ts'
import type { Checked } from './result.ts'

/** Raised whenever the same files could get other answers from this code. */
const FORMAT = 1

interface Entry {
  /** What the test file names, and what that was: file patterns with the paths they gave, and each path's content. */
  readonly patterns: readonly { readonly pattern: string; readonly paths: readonly string[] }[]
  readonly contents: Readonly<Record<string, string>>
  readonly checked: readonly Checked[]
}

/** Answers by content: of the test file, of every file it names, and of the engine's binary. */
export class Cache {
  readonly #directory: string
  readonly #engine: string
  readonly #hashes = new Map<string, string>()

  constructor(engine: string, directory = join('.cache', 'genesis-drill', 'check')) {
    this.#engine = engine
    this.#directory = resolve(directory)
  }

  /** The answers of an earlier check of the same content; undefined when there is none. */
  find(file: CheckFile): Checked[] | undefined {
    try {
      const entry: Entry = JSON.parse(readFileSync(this.#path(file), 'utf8'))
      for (const { pattern, paths } of entry.patterns)
        if ((ruleFilesOf(file.file, pattern) ?? []).join('\n') !== paths.join('\n')) return undefined
      for (const [path, hash] of Object.entries(entry.contents)) if (this.#hash(path) !== hash) return undefined
      return entry.checked.map(checked => ({ ...checked, cached: true }))
    } catch {
      return undefined
    }
  }

  /** Keeps final answers: what is unknown is asked again. `named`: patterns of files that the answer depends on. */
  keep(file: CheckFile, named: readonly string[], checked: readonly Checked[]): void {
    if (checked.some(({ verdict }) => verdict === 'unknown')) return
    const patterns = named.map(pattern => ({ pattern, paths: ruleFilesOf(file.file, pattern) ?? [] }))
    if (named.some(pattern => ruleFilesOf(file.file, pattern) === undefined)) return
    const contents = Object.fromEntries(patterns.flatMap(({ paths }) => paths.map(path => [path, this.#hash(path)])))
    const path = this.#path(file)
    const unfinished = `${path}.${process.pid}`
    try {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(unfinished, JSON.stringify({ patterns, contents, checked } satisfies Entry))
      renameSync(unfinished, path)
    } catch {
      // A read-only checkout: the next check asks again.
    }
  }

  #path(file: CheckFile): string {
    const key = [FORMAT, this.#engine, file.kind, file.file, process.cwd(), file.text]
    return join(this.#directory, `${sha256(JSON.stringify(key))}.json`)
  }

  #hash(path: string): string {
    const known = this.#hashes.get(path)
    if (known !== undefined) return known
    let hash: string
    try {
      hash = sha256(readFileSync(path))
    } catch {
      hash = 'absent'
    }
    this.#hashes.set(path, hash)
    return hash
  }
}

function sha256(content: string | Buffer): string {
  // Ten milliseconds to load, which a check without the cache can do without.
  const { createHash } = process.getBuiltinModule('node:crypto')
  return createHash('sha256').update(content).digest('hex')
}
