import { findAlertmanager, findPromtool } from '../promtool/engine.ts'
import { type PoolOptions, PromtoolPool } from '../promtool/pool.ts'
import { Scratch } from '../promtool/scratch.ts'
import { Cache } from './cache.ts'
import { type CheckFile, collectFiles } from './collect.ts'
import type { Early } from './early.ts'
import type { Checked, CheckReport, Judged } from './result.ts'

export interface CheckOptions {
  /** False: the engines are asked again. */
  readonly cache?: boolean | undefined
  /** Only what changed since this git revision, dependencies included. */
  readonly changed?: string | undefined
  /** Wall milliseconds that one test may take; default two minutes. */
  readonly limitMs?: number | undefined
  /** False: every test gets a database of its own. */
  readonly share?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** promtool's answer for the only file, asked while this module was loading. */
  readonly early?: Early | undefined
}

const LIMIT_MS = 120_000
const KINDS = ['rules', 'scenario', 'routes'] as const

/** Checks scenarios, promtool unit tests and route tests. Throws ScenarioError or EnvironmentError when that cannot be done. */
export async function check(paths: readonly string[], options: CheckOptions = {}): Promise<CheckReport> {
  const started = performance.now()
  const all = collectFiles(paths)
  const files = options.changed === undefined ? all : await onlyChanged(all, options.changed)
  const untouched = all.filter(file => !files.includes(file))
  const skipped = untouched.map(({ file }) => ({ file, reason: `not touched since ${options.changed}` }))
  const answers = new Map<CheckFile, readonly Checked[]>()
  using scratch = new Scratch()
  for (const kind of KINDS) {
    const those = files.filter(file => file.kind === kind)
    if (those.length === 0) continue
    const engine = kind === 'routes' ? findAlertmanager() : findPromtool()
    const cache = options.cache === false ? undefined : new Cache(engine.identity)
    for (const file of those) {
      const found = cache?.find(file)
      if (found !== undefined) answers.set(file, found)
    }
    const open = those.filter(file => !answers.has(file))
    if (open.length === 0) continue
    const context = { engine, scratch, limitMs: options.limitMs ?? LIMIT_MS, signal: options.signal }
    for (const { file, checked, named, skipped: reason } of await judge(kind, open, context, options)) {
      answers.set(file, checked)
      if (reason === undefined) cache?.keep(file, named, checked)
      else skipped.push({ file: file.file, reason })
    }
  }
  const checked = files.flatMap(file => answers.get(file) ?? [])
  return { checked, skipped, seconds: (performance.now() - started) / 1000 }
}

/** Each kind's code is loaded when there is something of it to judge. */
async function judge(
  kind: (typeof KINDS)[number],
  files: readonly CheckFile[],
  context: PoolOptions,
  { share, early }: CheckOptions,
): Promise<readonly Judged[]> {
  switch (kind) {
    case 'rules': {
      const only = files.length === 1 ? files[0] : undefined
      if (only !== undefined && only.file === early?.file) {
        const { passedAsWhole } = await import('./early-verdict.ts')
        const judged = passedAsWhole(only)
        if ((await early.outcome)?.passed) return [judged]
      }
      const { judgeRules } = await import('./rules.ts')
      using pool = new PromtoolPool(context)
      return await judgeRules(files, pool, share)
    }
    case 'scenario': {
      const { judgeScenarios } = await import('./scenarios.ts')
      using pool = new PromtoolPool(context)
      return await judgeScenarios(files, pool)
    }
    case 'routes': {
      const { judgeRoutes } = await import('../routes/index.ts')
      return judgeRoutes(files, context.engine, context.scratch)
    }
  }
}

async function onlyChanged(files: readonly CheckFile[], since: string): Promise<readonly CheckFile[]> {
  const { touchedSince } = await import('./changed.ts')
  return touchedSince(files, since)
}
