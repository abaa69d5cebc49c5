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
  answer(outcome: Outcome): void
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

/**
 * Asks promtool all questions, many in one process, one process per core. Each gets its answer once, in any order.
 * When a process died, it is asked again once; then an EnvironmentError is thrown.
 */
export async function askPromtool(questions: readonly Question[], options: PoolOptions): Promise<void> {
  const jobs = options.jobs ?? availableParallelism()
  // Databases over days preallocate hundreds of megabytes: not in memory, and each such test on its own.
  const open: Asked[] = [...questions]
    .sort((a, b) => Number(b.long ?? false) - Number(a.long ?? false))
    .map(question => ({ question, asked: 0 }))
  const worker = async () => {
    while (open.length > 0) {
      const share = Math.ceil(open.length / (jobs * 3))
      const count = open[0]?.question.long ? 1 : Math.max(1, Math.min(MOST_PER_PROCESS, share))
      const batch = open.splice(0, count)
      for (const unanswered of await ask(batch, options)) open.push(unanswered)
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, questions.length) }, worker))
}

interface Asked {
  readonly question: Question
  readonly asked: number
}

async function ask(batch: readonly Asked[], { engine, scratch, limitMs, signal }: PoolOptions): Promise<Asked[]> {
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
  return batch.flatMap(({ question, asked }, index) => {
    const outcome = outcomes.get(files[index] ?? '')
    if (outcome !== undefined) {
      question.answer(outcome)
      return []
    }
    if (asked >= 1) {
      throw new EnvironmentError(`promtool (${engine.binary}) ended twice without an answer for ${files[index]}`, {
        advice: 'see whether something ends it (memory limit, an operator) and run the check again',
      })
    }
    return [{ question, asked: asked + 1 }]
  })
}
