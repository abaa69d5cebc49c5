import { join } from 'node:path'
import { type Guarded, startGuarded } from './guarded.ts'
import { HEADER, type Outcome, type ProcessOptions, readOutcome, silence } from './process.ts'

/**
 * Starts promtool on one named pipe, given many times, and pours into it one file after another, as their names come in. When no more
 * come, also because the harness was killed, promtool is ended.
 */
const POUR = `exec 2>&1
mkfifo -m 600 "$0" || exit 1
"$@" </dev/null &
exec >/dev/null 2>&1
while IFS= read -r file; do cat "$file" >"$0"; done
kill -9 $!`

/** What promtool holds on to grows with what it has seen. */
const MOST_ASKED = 300
let feeds = 0

/** One promtool for one test file after another: to start it, and to grow its heap, takes longer than most tests. */
export class PromtoolFeed implements Disposable {
  readonly #limitMs: number
  readonly #promtool: Guarded
  readonly #header: string
  #said = ''
  #searched = 0
  #asked = 0
  #ended = false
  #wake = () => {}

  constructor({ engine, directory, workingDirectory, limitMs }: Omit<ProcessOptions, 'signal'>) {
    this.#limitMs = limitMs
    const pipe = join(directory, `pipe-${process.pid}-${feeds++}`)
    this.#header = `${HEADER}${pipe}\n`
    const places = Array.from({ length: MOST_ASKED + 1 }, () => pipe)
    this.#promtool = startGuarded(POUR, [pipe, engine.binary, 'test', 'rules', ...places], {
      directory,
      workingDirectory,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const over = () => {
      this.#ended = true
      this.#wake()
    }
    const { child } = this.#promtool
    child.on('error', over)
    child.stdout?.setEncoding('utf8').on('end', over)
    child.stdout?.on('data', (chunk: string) => {
      this.#said += chunk
      this.#wake()
    })
  }

  /** Can it be asked once more? */
  get isOpen(): boolean {
    return !this.#ended && this.#asked < MOST_ASKED
  }

  /** What was said since the last answer. */
  get lastWords(): string {
    return this.#said.trim()
  }

  /** One at a time. Undefined when promtool ended without an answer. */
  async ask(file: string): Promise<Outcome | undefined> {
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      this[Symbol.dispose]()
    }, this.#limitMs)
    if (this.#asked++ === 0) await this.#untilHeader()
    this.#promtool.child.stdin?.write(`${file}\n`)
    const said = await this.#untilHeader()
    clearTimeout(timer)
    if (said !== undefined) return readOutcome(said, true)
    return timedOut ? silence(this.#limitMs) : undefined
  }

  [Symbol.dispose](): void {
    this.#ended = true
    this.#promtool.end()
  }

  /** What was said before promtool turned to the next file; undefined when it ended instead. */
  async #untilHeader(): Promise<string | undefined> {
    for (;;) {
      const at = this.#said.indexOf(this.#header, this.#searched)
      if (at >= 0) {
        const before = this.#said.slice(0, at)
        this.#said = this.#said.slice(at + this.#header.length)
        this.#searched = 0
        return before
      }
      if (this.#ended) return undefined
      this.#searched = Math.max(0, this.#said.length - this.#header.length)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }
}
