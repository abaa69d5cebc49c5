import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findEngine } from '../promtool/engine.ts'

/** What an engine said; undefined when it is not on this machine. */
export interface Answer {
  /** Name and version: `amtool 0.25.0`. */
  readonly engine: string
  readonly accepted: boolean
  readonly words: string
}

export interface Engines {
  /** `promtool check rules` and the like on a text; `file` in the engine's words is replaced by `name`. */
  check(engine: 'promtool' | 'amtool', args: readonly string[], text: string, name: string): Promise<Answer | undefined>
  /** Any call that reads nothing. */
  ask(engine: 'promtool' | 'amtool', args: readonly string[]): Promise<Answer | undefined>
}

const LIMIT_MS = 30_000

export const realEngines: Engines = {
  async check(engine, args, text, name) {
    const folder = await mkdtemp(join(tmpdir(), 'genesis-drill-audit-'))
    try {
      const file = join(folder, 'file.yml')
      await writeFile(file, text, { mode: 0o600 })
      const answer = await call(engine, [...args, file])
      return answer && { ...answer, words: answer.words.replaceAll(file, name) }
    } finally {
      await rm(folder, { recursive: true })
    }
  },
  ask: call,
}

async function call(engine: string, args: readonly string[]): Promise<Answer | undefined> {
  let binary: string
  try {
    binary = findEngine([engine], engine === 'amtool' ? 'prometheus-alertmanager' : 'prometheus').binary
  } catch {
    return undefined
  }
  const version = /version (\S+)/.exec((await run(binary, ['--version'])).words)?.[1] ?? ''
  return { engine: `${engine} ${version}`.trim(), ...(await run(binary, args)) }
}

function run(binary: string, args: readonly string[]): Promise<Omit<Answer, 'engine'>> {
  return new Promise(resolve => {
    execFile(binary, args, { timeout: LIMIT_MS, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ accepted: error === null, words: `${stdout}${stderr}`.trim() })
    })
  })
}
