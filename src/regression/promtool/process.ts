import { closeSync, openSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../model/errors.ts'
import type { Engine } from './engine.ts'
import { startGuarded } from './guarded.ts'

/** What promtool said of one test file. */
export interface Outcome {
  readonly passed: boolean
  /** Its words after FAILED, or why there is no answer. */
  readonly text: string
  /** No verdict: it took longer than the limit. */
  readonly timedOut?: true
}

export interface ProcessOptions {
  readonly engine: Engine
  /** Scratch directory: databases, output. */
  readonly directory: string
  /** Where test files are looked up. */
  readonly workingDirectory: string
  /** Wall milliseconds for one test file. */
  readonly limitMs: number
  readonly signal?: AbortSignal | undefined
}

/** What promtool writes before it turns to a file. */
export const HEADER = 'Unit Testing:  '
/** Runs promtool to its end, or until the input ends. */
const RUN = `exec 3<&0
"$0" "$@" </dev/null 3<&- &
tool=$!
{ read -r _ <&3; kill -9 "$tool"; } >/dev/null 2>&1 &
wait "$tool"
code=$?
kill $!
exit "$code"`
/** How the shell shows that a signal ended promtool. */
const SIGNALLED = 128
let outputs = 0

/**
 * `promtool test rules` on these files, in one process. Files without an answer (the process died, was killed or reached the limit before
 * them) are absent from the map.
 */
export async function promtoolTest(files: readonly string[], options: ProcessOptions): Promise<Map<string, Outcome>> {
  const output = join(options.directory, `output-${outputs++}`)
  const descriptor = openSync(output, 'a+', 0o600)
  try {
    const { timedOut, exited } = await runUntilEnd(files, descriptor, output, options)
    const outcomes = readOutcomes(readFileSync(output, 'utf8'), files, exited)
    if (timedOut) {
      const stuck = files.find(file => !outcomes.has(file))
      if (stuck !== undefined) outcomes.set(stuck, silence(options.limitMs))
    }
    return outcomes
  } finally {
    closeSync(descriptor)
    unlinkSync(output)
  }
}

/** `timedOut`: ended because one file took longer than the limit. `exited`: it came to its own end. */
function runUntilEnd(
  files: readonly string[],
  descriptor: number,
  output: string,
  { engine, directory, workingDirectory, limitMs, signal }: ProcessOptions,
): Promise<{ timedOut: boolean; exited: boolean }> {
  return new Promise((resolve, reject) => {
    // One output for both streams keeps the order in which promtool wrote.
    const { child, end } = startGuarded(RUN, [engine.binary, 'test', 'rules', ...files], {
      directory,
      workingDirectory,
      stdio: ['pipe', descriptor, descriptor],
    })
    let timedOut = false
    let size = 0
    let since = Date.now()
    const watch = setInterval(
      () => {
        const now = statSync(output).size
        if (now !== size) [size, since] = [now, Date.now()]
        if (Date.now() - since < limitMs) return
        timedOut = true
        end()
      },
      Math.min(1_000, limitMs),
    )
    signal?.addEventListener('abort', end)
    const settle = () => {
      clearInterval(watch)
      signal?.removeEventListener('abort', end)
    }
    child.once('error', error => {
      settle()
      reject(new Error(`${engine.binary} could not be started: ${messageOf(error)}`))
    })
    child.once('exit', code => {
      settle()
      if (signal?.aborted) reject(signal.reason)
      else resolve({ timedOut, exited: code !== null && code < SIGNALLED })
    })
  })
}

/** Only files whose end was written have an outcome; `complete`: nothing is missing at the end of the text. */
export function readOutcomes(text: string, files: readonly string[], complete: boolean): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>()
  let from = 0
  for (const file of files) {
    const header = `${HEADER}${file}\n`
    const start = text.indexOf(header, from)
    if (start < 0) break
    from = start + header.length
    const next = text.indexOf(`\n${HEADER}`, from)
    const said = text.slice(from, next < 0 ? undefined : next + 1)
    const outcome = readOutcome(said, complete || next >= 0)
    if (outcome !== undefined) outcomes.set(file, outcome)
  }
  return outcomes
}

/** Reads what was said of one file; undefined while that is no verdict. */
export function readOutcome(said: string, complete: boolean): Outcome | undefined {
  if (/(^|\n) {2}SUCCESS\n/.test(said)) return { passed: true, text: said.replace(/ {2}SUCCESS\s*$/, '') }
  if (said.includes('  FAILED:\n') && complete)
    return { passed: false, text: said.replace('  FAILED:\n', '').trimEnd() }
  return undefined
}

/** The outcome of a file that took longer than its limit. */
export function silence(limitMs: number): Outcome {
  return { passed: false, timedOut: true, text: `promtool had no answer after ${limitMs / 1000} s and was ended` }
}
