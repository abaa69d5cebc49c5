import { type CheckFile, collectFiles } from '../check/collect.ts'
import { check } from '../check/index.ts'
import { RuleLibrary } from '../check/library.ts'
import type { Checked } from '../check/result.ts'
import type { Single } from '../check/single.ts'
import { readConfig } from '../coverage/index.ts'
import { findPromtool } from '../promtool/engine.ts'
import { PromtoolPool } from '../promtool/pool.ts'
import { Scratch } from '../promtool/scratch.ts'
import { readTestFile } from '../promtool/test-file.ts'
import { readRuleFiles } from '../rule-files.ts'
import type { Fate, Mutant, MutationReport } from './mutant.ts'
import { killRouteMutants } from './routes.ts'
import { killRuleMutants } from './rules.ts'
import { killByScenarios, scenesOf } from './scenarios.ts'

export interface MutateOptions {
  readonly rules: readonly string[]
  readonly alertmanager?: string | undefined
  /** Wall milliseconds that promtool may take for one test file. */
  readonly limitMs?: number | undefined
}

/** Changes one thing at a time and asks whether any test notices. Only tests that hold are asked. */
export async function mutate(tests: readonly string[], options: MutateOptions): Promise<MutationReport> {
  const started = performance.now()
  const rules = readRuleFiles(options.rules)
  const files = collectFiles(tests)
  const scenes = scenesOf(files.filter(({ kind }) => kind === 'scenario'))
  const asked = files.filter(
    ({ kind }) => kind === 'rules' || (kind === 'routes' && options.alertmanager !== undefined),
  )
  const { checked } = await check(
    asked.map(({ file }) => file),
    { limitMs: options.limitMs },
  )
  using scratch = new Scratch()
  using pool = new PromtoolPool({ engine: findPromtool(), scratch, limitMs: options.limitMs ?? LIMIT_MS })
  const ruleFates = await killRuleMutants(rules, heldTests(files, checked), pool)
  const survivors = [...ruleFates].flatMap(([mutant, { fate }]) => (fate === 'survived' ? [mutant] : []))
  const played = await killByScenarios(survivors, rules, scenes, pool)
  const fates: [Mutant, Fate][] = [...new Map([...ruleFates, ...played.fates])]
  if (options.alertmanager !== undefined)
    fates.push(...(await killRouteMutants(readConfig(options.alertmanager), files, checked, scratch)))
  const failing = checked.filter(({ verdict }) => verdict !== 'met').length + played.failing
  const does = failing === 1 ? 'test does not hold and was' : 'tests do not hold and were'
  const notes = failing === 0 ? [] : [`${failing} ${does} not asked`]
  return summarise(fates, (performance.now() - started) / 1000, notes)
}

const LIMIT_MS = 60_000

/** Promtool tests that pass, and can be run apart from their file. */
function heldTests(files: readonly CheckFile[], checked: readonly Checked[]): Single[] {
  const held = new Set(checked.filter(({ verdict }) => verdict === 'met').map(({ file, line }) => `${file}:${line}`))
  const library = new RuleLibrary()
  return files
    .filter(({ kind }) => kind === 'rules')
    .flatMap(({ file, text }) => {
      const read = readTestFile(file, text)
      const prepared = read.whole === undefined ? library.prepare(read) : undefined
      if (prepared === undefined) return []
      return read.tests.filter(({ line }) => held.has(`${file}:${line}`)).map(test => ({ file: read, test, prepared }))
    })
}

function summarise(fates: readonly [Mutant, Fate][], seconds: number, notes: readonly string[]): MutationReport {
  const mutants = fates.map(([{ operator, subject, file, line, meaning }, fate]) => ({
    operator,
    subject,
    file,
    line,
    meaning,
    ...fate,
  }))
  const counted = mutants.filter(({ fate }) => fate !== 'not counted')
  const killed = counted.filter(({ fate }) => fate === 'killed').length
  const subjects = [...Map.groupBy(counted, ({ file, subject }) => `${file} ${subject}`).values()].map(group => ({
    subject: group[0]?.subject ?? '',
    file: group[0]?.file ?? '',
    killed: group.filter(({ fate }) => fate === 'killed').length,
    total: group.length,
  }))
  const percent = counted.length === 0 ? 100 : (killed / counted.length) * 100
  return { mutants, subjects, killed, total: counted.length, percent, seconds, notes }
}
