import { globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { EnvironmentError, messageOf, type Problem, ScenarioError } from '../../model/errors.ts'
import { alertRules, type RuleFile, readRuleFile, recordingRules } from '../../monitoring/rules/read.ts'
import type { Recording } from '../../promql/solve/recordings.ts'
import { findPromtool } from '../promtool/engine.ts'
import type { PoolOptions } from '../promtool/pool.ts'
import { type CarriedGroup, carryRules, writeRules } from '../promtool/rule-set.ts'
import { Scratch } from '../promtool/scratch.ts'
import { selectionOf } from '../promtool/selection.ts'
import { type Proven, proveAlerts, type Subject } from './alerts.ts'

export interface GenerateOptions {
  /** Rule files, folders of them, or patterns. */
  readonly rules: readonly string[]
  readonly alertmanager?: string | undefined
  readonly out: string
  readonly signal?: AbortSignal | undefined
  readonly limitMs?: number | undefined
  /** Called after each portion of alerts. */
  readonly progress?: ((done: number, of: number) => void) | undefined
}

export interface GeneratedAlert {
  readonly alert: string
  readonly file: string
  readonly line: number
  readonly fires: boolean
  readonly quiet: boolean
  readonly resolves: boolean
  /** The test file, when there is one. */
  readonly tests: string | undefined
  readonly scenario: string | undefined
  /** What could not be shown, and why. */
  readonly open: readonly string[]
}

export interface GenerateReport {
  readonly alerts: readonly GeneratedAlert[]
  readonly routes: { readonly file: string; readonly tests: number; readonly open: readonly string[] } | undefined
  readonly seconds: number
}

const PORTION = 24
const LIMIT_MS = 120_000

/** Writes tests for every alert and route. Throws ScenarioError for files that cannot be read, EnvironmentError without the engines. */
export async function generate(options: GenerateOptions): Promise<GenerateReport> {
  const started = performance.now()
  const sources = readSources(ruleFilesOf(options.rules))
  const subjects = subjectsOf(sources, options.out)
  using scratch = new Scratch()
  const pool: PoolOptions = {
    engine: findPromtool(),
    scratch,
    limitMs: options.limitMs ?? LIMIT_MS,
    signal: options.signal,
  }
  const alerts: GeneratedAlert[] = []
  const names = new Set<string>()
  // A portion at a time: what is written is forgotten.
  for (let from = 0; from < subjects.length; from += PORTION) {
    for (const proven of await proveAlerts(subjects.slice(from, from + PORTION), pool))
      alerts.push(keep(proven, options.out, names))
    options.progress?.(Math.min(subjects.length, from + PORTION), subjects.length)
  }
  return { alerts, routes: undefined, seconds: (performance.now() - started) / 1000 }
}

function keep(proven: Proven, out: string, names: Set<string>): GeneratedAlert {
  const { subject, tests, open, fires, quiet, resolves } = proven
  const { rule, file } = subject
  const name = unique(`${slug(stem(file))}/${slug(rule.name)}`, names)
  const path = tests === undefined ? undefined : join(out, 'alerts', `${name}.yml`)
  if (path !== undefined && tests !== undefined) write(path, tests)
  const { line } = rule.namePlace
  return { alert: rule.name, file, line, fires, quiet, resolves, tests: path, scenario: undefined, open }
}

interface Source {
  readonly file: RuleFile
  readonly groups: readonly CarriedGroup[]
}

/** Folders are searched; patterns are expanded. */
export function ruleFilesOf(paths: readonly string[]): string[] {
  const found = paths.flatMap(path => {
    try {
      return statSync(path).isDirectory() ? globSync(join(path, '**/*.{yml,yaml}')) : [path]
    } catch {
      return globSync(path)
    }
  })
  const missing = paths.filter(path => !found.includes(path) && globSync(path).length === 0)
  if (missing.length > 0) throw new ScenarioError(missing.map(file => ({ file, message: 'no such rule file' })))
  return [...new Set(found)].sort()
}

function readSources(files: readonly string[]): Source[] {
  const problems: Problem[] = []
  const sources = files.flatMap((path): Source[] => {
    const text = readFileSync(path, 'utf8')
    const read = readRuleFile(text, path)
    const groups = carryRules(path, text)
    problems.push(...read.problems)
    if (read.problems.length === 0 && groups === undefined)
      problems.push({
        file: path,
        message: 'promtool does not read it as a rule file: expected nothing but groups: at the top',
      })
    return groups === undefined ? [] : [{ file: read.file, groups }]
  })
  if (problems.length > 0) throw new ScenarioError(problems)
  return sources
}

function subjectsOf(sources: readonly Source[], out: string): Subject[] {
  const recordings = new Map<string, Recording[]>()
  const recordedIn = new Map<string, Set<string>>()
  for (const { file } of sources)
    for (const rule of recordingRules(file)) {
      recordings.set(rule.name, [...(recordings.get(rule.name) ?? []), rule])
      recordedIn.set(rule.name, (recordedIn.get(rule.name) ?? new Set()).add(file.file))
    }
  const all = sources.flatMap(({ groups }) => groups)
  const selections = new Map(
    sources.map(source => {
      const { groups } = source
      const files = [source.file.file]
      return [source, { groups, selection: selectionOf({ files, groups }) }] as const
    }),
  )
  const everything = {
    groups: all,
    selection: selectionOf({ files: sources.map(({ file }) => file.file), groups: all }),
  }
  return sources.flatMap(source =>
    alertRules(source.file).map((rule): Subject => {
      const wide = everything.selection.needed([rule.name], [])
      const others = new Set([...wide].filter(({ kind }) => kind === 'record').map(({ file }) => file))
      others.delete(source.file.file)
      const own = selections.get(source)
      const { groups, selection } = others.size > 0 || own === undefined ? everything : own
      const needed = selection.needed([rule.name], [])
      const kept =
        others.size > 0
          ? new Set([...needed].filter(({ kind, file }) => kind === 'record' || file === source.file.file))
          : needed
      const folder = join(out, 'alerts', slug(stem(source.file.file)))
      return {
        rule,
        file: source.file.file,
        ruleFiles: [source.file.file, ...others].map(path => relative(resolve(folder), resolve(path))),
        rules: writeRules(groups, one => kept.has(one)),
        recordings,
      }
    }),
  )
}

export function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  } catch (thrown) {
    throw new EnvironmentError(`${path} cannot be written: ${messageOf(thrown)}`, { cause: thrown })
  }
}

const stem = (file: string) => (file.split('/').at(-1) ?? file).replace(/\.(ya?ml|json)$/, '')
const slug = (name: string) => name.replace(/[^a-zA-Z0-9._-]+/g, '-').replace(/^-+|-+$/g, '') || 'alert'

function unique(name: string, names: Set<string>): string {
  let chosen = name
  for (let number = 2; names.has(chosen); number++) chosen = `${name}-${number}`
  names.add(chosen)
  return chosen
}
