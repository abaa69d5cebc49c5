import { join } from 'node:path'
import type { Labels } from '../../model/timeline.ts'
import { findPromtool } from '../promtool/engine.ts'
import { PromtoolPool } from '../promtool/pool.ts'
import { Scratch } from '../promtool/scratch.ts'
import { type Proven, proveAlerts } from './alerts.ts'
import { slug, stem, unique, write } from './files.ts'
import { type ProvenRecording, proveRecordings } from './recordings.ts'
import { generateRoutes } from './routes.ts'
import { type MadeScenario, proveScenarios } from './scenarios.ts'
import { readSources, subjectsOf } from './subjects.ts'

export interface GenerateOptions {
  /** Rule files, folders of them, or patterns. */
  readonly rules: readonly string[]
  readonly alertmanager?: string | undefined
  readonly out: string
  readonly signal?: AbortSignal | undefined
  readonly limitMs?: number | undefined
  /** Called after each portion of rules. */
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
  /** Why there is no scenario. */
  readonly noScenario: string | undefined
}

export interface GeneratedRecording {
  readonly record: string
  readonly file: string
  readonly line: number
  /** The test file, when there is one. */
  readonly tests: string | undefined
  /** What could not be shown, and why. */
  readonly open: readonly string[]
}

export interface GenerateReport {
  readonly alerts: readonly GeneratedAlert[]
  readonly recordings: readonly GeneratedRecording[]
  readonly routes: { readonly file: string; readonly tests: number; readonly open: readonly string[] } | undefined
  readonly seconds: number
}

const PORTION = 24
/** Alerts of the rules that get a route test of their own. */
const MOST_ROUTED = 1_000
const LIMIT_MS = 120_000

/** Writes tests for every alert, recording rule and route. Throws ScenarioError for files that cannot be read, EnvironmentError without the engines. */
export async function generate(options: GenerateOptions): Promise<GenerateReport> {
  const started = performance.now()
  const sources = readSources(options.rules, options.out)
  const { alerts: subjects, records } = subjectsOf(sources, options.out)
  const all = subjects.length + records.length
  using scratch = new Scratch()
  using pool = new PromtoolPool({
    engine: findPromtool(),
    scratch,
    limitMs: options.limitMs ?? LIMIT_MS,
    signal: options.signal,
  })
  const alerts: GeneratedAlert[] = []
  const names = new Set<string>()
  const seen: Labels[] = []
  // A portion at a time: what is written is forgotten.
  for (let from = 0; from < subjects.length; from += PORTION) {
    const portion = (await proveAlerts(subjects.slice(from, from + PORTION), pool)).map(proven => ({
      proven,
      name: unique(`${slug(stem(proven.subject.file))}/${slug(proven.subject.rule.name)}`, names),
    }))
    const scenarios = await proveScenarios(
      portion.map(({ proven, name }) => ({ proven, path: join(options.out, 'scenarios', `${name}.yaml`) })),
      options.alertmanager,
      pool,
    )
    for (const { proven, name } of portion) {
      alerts.push(keep(proven, scenarios.get(proven), options.out, name))
      if (seen.length < MOST_ROUTED && options.alertmanager !== undefined) seen.push(...firedLabels(proven))
    }
    options.progress?.(Math.min(subjects.length, from + PORTION), all)
  }
  const recordings: GeneratedRecording[] = []
  for (let from = 0; from < records.length; from += PORTION) {
    const portion = await proveRecordings(records.slice(from, from + PORTION), pool)
    for (const proven of portion) recordings.push(keepRecording(proven, options.out, names))
    options.progress?.(subjects.length + recordings.length, all)
  }
  return {
    alerts,
    recordings,
    routes: await routesOf(options, seen, scratch),
    seconds: (performance.now() - started) / 1000,
  }
}

function keepRecording({ subject, tests, open }: ProvenRecording, out: string, names: Set<string>): GeneratedRecording {
  const { rule, file } = subject
  const name = unique(`recordings/${slug(stem(file))}/${slug(rule.name)}`, names)
  const path = tests === undefined ? undefined : join(out, `${name}.yml`)
  if (path !== undefined && tests !== undefined) write(path, tests)
  return { record: rule.name, file, line: rule.namePlace.line, tests: path, open }
}

/** Labels of the alert as promtool saw it fire first. */
function firedLabels({ lives }: Proven): Labels[] {
  for (const { watched } of lives)
    for (const [alert] of watched.firing.values()) if (alert !== undefined) return [alert.labels]
  return []
}

async function routesOf(
  { alertmanager, out }: GenerateOptions,
  seen: readonly Labels[],
  scratch: Scratch,
): Promise<GenerateReport['routes']> {
  if (alertmanager === undefined) return undefined
  const file = join(out, 'routes.yml')
  const { text, tests, open } = await generateRoutes(alertmanager, file, seen, scratch)
  write(file, text)
  return { file, tests, open }
}

function keep(proven: Proven, made: MadeScenario | undefined, out: string, name: string): GeneratedAlert {
  const { subject, tests, open, fires, quiet, resolves } = proven
  const { rule, file } = subject
  const path = tests === undefined ? undefined : join(out, 'alerts', `${name}.yml`)
  if (path !== undefined && tests !== undefined) write(path, tests)
  const text = made !== undefined && 'text' in made ? made.text : undefined
  const scenario = text === undefined ? undefined : join(out, 'scenarios', `${name}.yaml`)
  if (scenario !== undefined && text !== undefined) write(scenario, text)
  const noScenario = made !== undefined && 'reason' in made ? made.reason : undefined
  const { line } = rule.namePlace
  return { alert: rule.name, file, line, fires, quiet, resolves, tests: path, scenario, open, noScenario }
}
