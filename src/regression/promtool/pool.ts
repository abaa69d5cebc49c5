import { availableParallelism } from 'node:os'
import { EnvironmentError } from '../../model/errors.ts'
import type { Engine } from './engine.ts'
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
/** Starting a process costs as much as several short tests: fewer are not worth another. */
const FEWEST_PER_PROCESS = 4

interface Asked {
  readonly question: Question
  readonly answer: (outcome: Outcome) => void
  readonly fail: (reason: unknown) => void
  readonly asked: number
}

/**
 * Asks promtool, many questions in one process, one process per core. Who asks may ask again as soon as there is an answer: a process
 * takes what is waiting when it starts.
 */
export class PromtoolPool {
  readonly jobs: number
  readonly #options: PoolOptions
  #waiting: Asked[] = []
  #running = 0
  #woken = false
  #failure: { readonly reason: unknown } | undefined

  constructor(options: PoolOptions) {
    this.#options = options
    this.jobs = options.jobs ?? availableParallelism()
  }

  /**
   * A question whose process died is asked again once. Rejects with an EnvironmentError when it dies again; then, and when the signal
   * aborts, with all others.
   */
  ask(question: Question): Promise<Outcome> {
    return new Promise((answer, fail) => {
      if (this.#failure !== undefined) return fail(this.#failure.reason)
      this.#waiting.push({ question, answer, fail, asked: 0 })
      this.#wake()
    })
  }

  /** When everybody has asked who is about to. */
  #wake(): void {
    if (this.#woken) return
    this.#woken = true
    setImmediate(() => {
      this.#woken = false
      const busy = this.#running > 0
      for (let idle = this.jobs - this.#running; idle > 0 && this.#waiting.length > 0; idle--)
        void this.#work(this.#take(busy ? this.jobs : idle))
    })
  }

  async #work(batch: readonly Asked[]): Promise<void> {
    this.#running++
    try {
      await this.#play(batch)
    } catch (reason) {
      this.#failure ??= { reason }
      for (const { fail } of [...batch, ...this.#waiting.splice(0)]) fail(reason)
    } finally {
      this.#running--
      this.#wake()
    }
  }

  /** A part of what is waiting, the heaviest first: many questions in portions that grow smaller, so that all processes end together. */
  #take(processes: number): Asked[] {
    // Databases over days preallocate hundreds of megabytes: each such test on its own.
    const long = this.#waiting.findIndex(({ question }) => question.long)
    if (long >= 0) return this.#waiting.splice(long, 1)
    const weightOf = ({ question }: Asked) => question.weight ?? 1
    this.#waiting.sort((a, b) => weightOf(b) - weightOf(a))
    const portions = this.#waiting.length > processes * FEWEST_PER_PROCESS * 2 ? processes * 2 : processes
    const share = this.#waiting.reduce((sum, one) => sum + weightOf(one), 0) / portions
    let count = 0
    for (let weight = 0; count < this.#waiting.length && count < MOST_PER_PROCESS; count++) {
      const next = this.#waiting[count]
      if (next === undefined || (count > 0 && weight >= share)) break
      weight += weightOf(next)
    }
    return this.#waiting.splice(0, count)
  }

  async #play(batch: readonly Asked[]): Promise<void> {
    const { engine, scratch, limitMs, signal } = this.#options
    const files = batch.map(({ question: { file } }) =>
      'path' in file ? file.path : scratch.file(file.tests([scratch.file(file.rules)])),
    )
    const outcomes = await promtoolTest([...new Set(files)], {
      engine,
      directory: scratch.directory(batch.some(({ question }) => question.long) ? 'disk' : 'memory'),
      workingDirectory: process.cwd(),
      limitMs,
      signal,
    })
    for (const [index, one] of batch.entries()) {
      const file = files[index] ?? ''
      const outcome = outcomes.get(file)
      if (outcome !== undefined) one.answer(outcome)
      else if (one.asked === 0) this.#waiting.push({ ...one, asked: 1 })
      else
        throw new EnvironmentError(`promtool (${engine.binary}) ended twice without an answer for ${file}`, {
          advice: 'see whether something ends it (memory limit, an operator) and run the check again',
        })
    }
  }
}
