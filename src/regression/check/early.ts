import { readFileSync, statSync } from 'node:fs'
import { findPromtool } from '../promtool/engine.ts'
import { type Outcome, promtoolTest } from '../promtool/process.ts'
import { Scratch } from '../promtool/scratch.ts'
import { Cache } from './cache.ts'
import { kindOf } from './collect.ts'

const SMALL_BYTES = 16_384

/**
 * A single small file is asked at once, as it is: promtool answers while Node loads the rest. Undefined when that would not help.
 * The answer counts only when it is a success; everything else is asked again in detail.
 */
export function startEarly(
  paths: readonly string[],
  options: { cache?: boolean; changed?: string },
): { file: string; outcome: Promise<Outcome | undefined> } | undefined {
  const [file] = paths
  if (file === undefined || paths.length !== 1 || options.changed !== undefined) return undefined
  try {
    const { size } = statSync(file)
    const text = size > SMALL_BYTES ? '' : readFileSync(file, 'utf8')
    if (kindOf(text) !== 'rules') return undefined
    const engine = findPromtool()
    if (options.cache !== false && new Cache(engine.identity).find({ kind: 'rules', file, text }) !== undefined)
      return undefined
    const scratch = new Scratch()
    const directory = scratch.directory()
    const asked = promtoolTest([file], { engine, directory, workingDirectory: process.cwd(), limitMs: 60_000 })
    const outcome = asked
      .then(outcomes => outcomes.get(file))
      .catch(() => undefined)
      .finally(() => scratch[Symbol.dispose]())
    return { file, outcome }
  } catch {
    return undefined
  }
}
