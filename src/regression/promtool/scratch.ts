import { mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'

const PREFIX = 'genesis-drill-scratch-'
/** For the databases of all cores. */
const ENOUGH_BYTES = availableParallelism() * 512 * 1024 ** 2

/** Directories for the engines' files; disposing removes them. In memory where there is room: a test's database lives milliseconds. */
export class Scratch implements Disposable {
  readonly #directories = new Map<'memory' | 'disk', string>()
  readonly #files = new Map<string, string>()
  readonly #onExit = () => this[Symbol.dispose]()

  constructor() {
    // Also when the process is ended by process.exit.
    process.on('exit', this.#onExit)
  }

  directory(where: 'memory' | 'disk' = 'memory'): string {
    const known = this.#directories.get(where)
    if (known !== undefined) return known
    const parent = where === 'memory' && hasRoom('/dev/shm') ? '/dev/shm' : tmpdir()
    removeAbandoned(parent)
    const made = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`))
    this.#directories.set(where, made)
    return made
  }

  /** Writes a file once for each content; gives its path. */
  file(content: string, suffix = '.yml'): string {
    const key = `${suffix} ${content}`
    const known = this.#files.get(key)
    if (known !== undefined) return known
    const path = join(this.directory(), `${this.#files.size}${suffix}`)
    writeFileSync(path, content, { mode: 0o600 })
    this.#files.set(key, path)
    return path
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#onExit)
    for (const directory of this.#directories.values())
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 })
    this.#directories.clear()
    this.#files.clear()
  }
}

function hasRoom(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize > ENOUGH_BYTES
  } catch {
    return false
  }
}

/** What killed processes left behind: the directories carry the process id. */
function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN
    if (Number.isNaN(pid) || isAlive(pid)) continue
    try {
      rmSync(join(parent, name), { recursive: true, force: true })
    } catch {
      // Another user's: theirs to remove.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
