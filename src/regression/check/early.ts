import { readFileSync, statSync } from 'node:fs'
import { findPromtool } from '../promtool/engine.ts'
import { type Outcome, promtoolTest } from '../promtool/process.ts'
import { Scratch } from '../promtool/scratch.ts'
import { Cache } from './cache.ts'
import { kindOf } from './collect.ts'

const SMALL_BYTES = 16_384

/** promtool's answer for a file that was asked before the command line was read. */
export interface Early {
  readonly file: string
  /** It counts only when it is a success; everything else is asked again in detail. */
  readonly outcome: Promise<Outcome | undefined>
}

let started: Early | undefined

/**
 * `words`: what follows `check` on the command line. A single small file is asked at once, as it is: promtool answers while Node loads the
 * rest. Does nothing when that would not help.
 */
export function startEarly(words: readonly string[]): void {
  const [file, ...others] = words.filter(word => !word.startsWith('-'))
  if (file === undefined || others.length > 0) return
  try {
    const { size } = statSync(file)
    const text = size > SMALL_BYTES ? '' : readFileSync(file, 'utf8')
    if (kindOf(text) !== 'rules') return
    const engine = findPromtool()
    const known = words.includes('--no-cache') ? undefined : new Cache(engine.identity)
    if (known?.find({ kind: 'rules', file, text }) !== undefined) return
    const scratch = new Scratch()
    const directory = scratch.directory()
    const asked = promtoolTest([file], { engine, directory, workingDirectory: process.cwd(), limitMs: 60_000 })
    const outcome = asked
      .then(outcomes => outcomes.get(file))
      .catch(() => undefined)
      .finally(() => scratch[Symbol.dispose]())
    started = { file, outcome }
  } catch {
    // Whatever is wrong is told when it is asked again.
  }
}

/** What the entry has started for this only file. */
export function startedEarly(file: string): Early | undefined {
  return started?.file === file ? started : undefined
}
