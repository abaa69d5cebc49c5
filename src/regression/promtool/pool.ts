import { availableParallelism } from 'node:os'
import { EnvironmentError } from '../../model/errors.ts'
import type { Engine } from './engine.ts'
import { PromtoolFeed } from './feed.ts'
import { type Outcome, promtoolTest } from './process.ts'
import type { Scratch } from './scratch.ts'

/** Something promtool can be asked: a test file of the author's, or one that is written to scratch with its rule file. */
export interface Question {
  readonly file:
    | { readonly path: string }
    /** `tests` gives the text of a test file whose `rule_files` are these. */
    | { readonly tests: (ruleFiles: readonly string[]) => string; readonly rules: string }
  /** It plays more than a day. */
  readonly long?: boolean | undefined
  /** How much there is to evaluate, beside other questions; 1 when not said. */
  readonly weight?: number | undefined
}

export interface PoolOptions {
  readonly engine: Engine
  readonly scratch: Scratch
  /** Wall milliseconds that one question may take. */
  readonly limitMs: number
  readonly jobs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const MOST_PER_PROCESS = 64

interface Asked {
  readonly question: Question
  readonly answer: (outcome: Outcome) => void
  readonly fail: (reason: unknown) => void
  readonly asked: number
}

/** Asks promtool, on as many cores as there are. Who asks may ask again as soon as there is an answer; the heaviest questions go first. */
export class PromtoolPool implements Disposable {
  readonly jobs: number
  readonly #options: PoolOptions
  readonly #feeds = new Set<PromtoolFeed>()
  readonly #idle = { memory: [] as PromtoolFeed[], disk: [] as PromtoolFeed[] }
  #waiting: Asked[] = []
  /** Who waits for the answer to a file that is being asked: the same is asked once. */
  readonly #asking = new Map<string, Asked[]>()
  #sorted = true
  #running = 0
  #woken = false
  #lastWords = ''
  #failure: { readonly reason: unknown } | undefined

  constructor(options: PoolOptions) {
    this.#options = options
    this.jobs = options.jobs ?? availableParallelism()
    options.signal?.addEventListener('abort', () => this[Symbol.dispose](), { once: true })
  }

  /**
   * A question whose process died is asked again once. Rejects with an EnvironmentError when it dies again; then, and when the signal
   * aborts, with all others.
   */
  ask(question: Question): Promise<Outcome> {
    return new Promise((answer, fail) => {
      if (this.#failure !== undefined) return fail(this.#failure.reason)
      this.#wait({ question, answer, fail, asked: 0 })
      this.#wake()
    })
  }

  [Symbol.dispose](): void {
    for (const feed of this.#feeds) feed[Symbol.dispose]()
  }

  #wait(asked: Asked): void {
    this.#waiting.push(asked)
    this.#sorted = false
  }

  /** When everybody has asked who is about to. */
  #wake(): void {
    if (this.#woken) return
    this.#woken = true
    setImmediate(() => {
      this.#woken = false
      const lanes = Math.min(this.jobs - this.#running, this.#waiting.length)
      for (let lane = 0; lane < lanes; lane++) void this.#work()
    })
  }

  async #work(): Promise<void> {
    this.#running++
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      try {
        await this.#play(batch)
      } catch (reason) {
        this.#failure ??= { reason }
        for (const { fail } of [...batch, ...this.#waiting.splice(0)]) fail(reason)
      }
    }
    this.#running--
  }

  #take(): Asked[] {
    const weightOf = ({ question }: Asked) => question.weight ?? 1
    if (!this.#sorted) this.#waiting.sort((a, b) => weightOf(a) - weightOf(b))
    this.#sorted = true
    const [heaviest] = this.#waiting.splice(-1)
    if (heaviest === undefined) return []
    if (!isOwnFile(heaviest)) return [heaviest]
    // Files of an author's own, several for each start of promtool.
    const alike = this.#waiting.filter(isOwnFile)
    const batch = alike.slice(0, Math.min(MOST_PER_PROCESS, Math.ceil(alike.length / this.jobs)))
    this.#waiting = this.#waiting.filter(one => !batch.includes(one))
    return [heaviest, ...batch]
  }

  async #play(batch: readonly Asked[]): Promise<void> {
    const { signal } = this.#options
    signal?.throwIfAborted()
    const [first] = batch
    if (first === undefined) return
    if (isOwnFile(first)) {
      const outcomes = await this.#startFor(batch)
      for (const [index, one] of batch.entries()) this.#settle(one, outcomes[index])
      return
    }
    const file = fileOf(first, this.#options.scratch)
    const same = this.#asking.get(file)
    if (same !== undefined) {
      same.push(first)
      return
    }
    const asking = [first]
    this.#asking.set(file, asking)
    try {
      const outcome = await this.#pour(first, file)
      for (const one of asking) this.#settle(one, outcome)
    } catch (reason) {
      for (const { fail } of asking) fail(reason)
      throw reason
    } finally {
      this.#asking.delete(file)
    }
  }

  #settle(one: Asked, outcome: Outcome | undefined): void {
    const { engine, scratch, signal } = this.#options
    signal?.throwIfAborted()
    if (outcome !== undefined) one.answer(outcome)
    else if (one.asked === 0) this.#wait({ ...one, asked: 1 })
    else
      throw new EnvironmentError(
        `promtool (${engine.binary}) ended twice without an answer for ${fileOf(one, scratch)}${this.#lastWords}`,
        { advice: 'see whether something ends it (memory limit, an operator) and run the check again' },
      )
  }

  /** Into a promtool that runs already, where there is one. */
  async #pour(one: Asked, file: string): Promise<Outcome | undefined> {
    const { scratch } = this.#options
    const where = placeFor([one])
    const idle = this.#idle[where]
    const feed = idle.pop() ?? new PromtoolFeed(this.#start(scratch.directory(where)))
    this.#feeds.add(feed)
    const outcome = await feed.ask(file)
    if (outcome === undefined && feed.lastWords !== '') this.#lastWords = `: ${feed.lastWords.split('\n').at(-1)}`
    if (feed.isOpen) idle.push(feed)
    else {
      feed[Symbol.dispose]()
      this.#feeds.delete(feed)
    }
    return outcome
  }

  /** A process of their own: files of an author's name others beside them. */
  async #startFor(batch: readonly Asked[]): Promise<(Outcome | undefined)[]> {
    const { scratch, signal } = this.#options
    const files = batch.map(one => fileOf(one, scratch))
    const start = this.#start(scratch.directory(placeFor(batch)))
    const outcomes = await promtoolTest([...new Set(files)], { ...start, signal })
    return files.map(file => outcomes.get(file))
  }

  #start(directory: string) {
    const { engine, limitMs } = this.#options
    return { engine, directory, workingDirectory: process.cwd(), limitMs }
  }
}

const isOwnFile = ({ question: { file } }: Asked): boolean => 'path' in file

/** A database over days takes hundreds of megabytes. */
const placeFor = (batch: readonly Asked[]) => (batch.some(({ question }) => question.long) ? 'disk' : 'memory')

function fileOf({ question: { file } }: Asked, scratch: Scratch): string {
  return 'path' in file ? file.path : scratch.file(file.tests([scratch.file(file.rules)]))
}
