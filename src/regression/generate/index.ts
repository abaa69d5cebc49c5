import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parse, stringify } from 'yaml'
import { EnvironmentError, messageOf, type Problem, ScenarioError } from '../../model/errors.ts'
import type { Labels } from '../../model/timeline.ts'
import { alertRules, type RuleFile, recordingRules } from '../../monitoring/rules/read.ts'
import type { Recording } from '../../promql/solve/recordings.ts'
import type { Notation } from '../../promql/solve/timeline.ts'
import { findPromtool } from '../promtool/engine.ts'
import { PromtoolPool } from '../promtool/pool.ts'
import { type CarriedGroup, type CarriedRule, carryRules, writeRules } from '../promtool/rule-set.ts'
import { Scratch } from '../promtool/scratch.ts'
import { type Selection, selectionOf } from '../promtool/selection.ts'
import type { PromtoolTest } from '../promtool/test-file.ts'
import { readRuleFiles } from '../rule-files.ts'
import { type Proven, proveAlerts } from './alerts.ts'
import { generateRoutes } from './routes.ts'
import { type MadeScenario, proveScenarios } from './scenarios.ts'
import type { Subject } from './subject.ts'

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
  /** Why there is no scenario. */
  readonly noScenario: string | undefined
}

export interface GenerateReport {
  readonly alerts: readonly GeneratedAlert[]
  readonly routes: { readonly file: string; readonly tests: number; readonly open: readonly string[] } | undefined
  readonly seconds: number
}

const PORTION = 24
/** Alerts of the rules that get a route test of their own. */
const MOST_ROUTED = 1_000
const LIMIT_MS = 120_000

/** Writes tests for every alert and route. Throws ScenarioError for files that cannot be read, EnvironmentError without the engines. */
export async function generate(options: GenerateOptions): Promise<GenerateReport> {
  const started = performance.now()
  const sources = readSources(options.rules, options.out)
  const subjects = subjectsOf(sources, options.out)
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
    options.progress?.(Math.min(subjects.length, from + PORTION), subjects.length)
  }
  return { alerts, routes: await routesOf(options, seen, scratch), seconds: (performance.now() - started) / 1000 }
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

interface Source {
  readonly file: RuleFile
  /** What promtool is given. */
  readonly path: string
  readonly groups: readonly CarriedGroup[]
}

/** Rule files as promtool can be given them. A PrometheusRule resource is copied to the output without what Kubernetes needs. */
function readSources(patterns: readonly string[], out: string): Source[] {
  const problems: Problem[] = []
  const sources = readRuleFiles(patterns).flatMap((file): Source[] => {
    const groups = carryRules(file.file, file.text)
    if (groups !== undefined) return [{ file, groups, path: file.file }]
    const path = join(out, 'rules', `${slug(stem(file.file))}.yml`)
    const plain = ruleResource(file.text)
    const copied = plain === undefined ? undefined : carryRules(path, plain)
    if (plain === undefined || copied === undefined) {
      const message =
        'promtool does not read it as a rule file: expected nothing but groups: at the top, or a PrometheusRule'
      problems.push({ file: file.file, message })
      return []
    }
    write(path, `# The spec of ${file.file}: promtool reads no Kubernetes resources.\n${plain}`)
    return [{ file, groups: copied, path }]
  })
  if (problems.length > 0) throw new ScenarioError(problems)
  return sources
}

/** The rules of a PrometheusRule as a rule file. */
function ruleResource(text: string): string | undefined {
  const resource: unknown = parse(text)
  const spec = typeof resource === 'object' && resource !== null && 'spec' in resource ? resource.spec : undefined
  return typeof spec === 'object' && spec !== null ? stringify(spec, { lineWidth: 0 }) : undefined
}

function subjectsOf(sources: readonly Source[], out: string): Subject[] {
  const recordings = new Map<string, Recording[]>()
  for (const { file } of sources)
    for (const rule of recordingRules(file)) recordings.set(rule.name, [...(recordings.get(rule.name) ?? []), rule])
  const all = sources.flatMap(source => source.groups)
  const whole = selectionOf({ files: sources.map(({ path }) => path), groups: all })
  const sets = new Map<string, { groups: readonly CarriedGroup[]; selection: Selection }>()
  const setOf = (files: readonly string[]) => {
    const key = files.join('\n')
    const groups = all.filter(({ file }) => files.includes(file))
    const set = sets.get(key) ?? { groups, selection: selectionOf({ files, groups }) }
    sets.set(key, set)
    return set
  }
  return sources.flatMap(source => {
    const carried = source.groups.flatMap(({ rules }) => rules.filter(({ kind }) => kind === 'alert'))
    return alertRules(source.file).map((rule, index): Subject => {
      // What the alert reads may be recorded in other files.
      const recorded = [...whole.needed([rule.name], [])].filter(({ kind }) => kind === 'record')
      const files = [...new Set([source.path, ...recorded.map(({ file }) => file)])]
      const { groups, selection } = setOf(files)
      const namesakes = new Set(
        groups.flatMap(({ rules }) =>
          rules.filter(one => one.kind === 'alert' && one.name === rule.name && one !== carried[index]),
        ),
      )
      const rulesFor = (series: readonly Notation[], without: ReadonlySet<CarriedRule> = new Set()) => {
        const kept = selection.select(testOf(rule.name, series))
        return writeRules(groups, one => kept.has(one) && !without.has(one))
      }
      const folder = resolve(join(out, 'alerts', slug(stem(source.path))))
      return {
        rule,
        file: source.file.file,
        rulePaths: files,
        ruleFiles: files.map(path => relative(folder, resolve(path))),
        rulesFor,
        rulesAlone: namesakes.size === 0 ? undefined : series => rulesFor(series, namesakes),
        order: orderOf(groups, selection.needed([rule.name], [])),
        recordings,
      }
    })
  })
}

function testOf(alert: string, series: readonly Notation[]): PromtoolTest {
  const nowhere = {
    file: '',
    line: 1,
    index: 0,
    name: alert,
    interval: undefined,
    expressions: [],
    rest: [],
    externalLabels: [],
  }
  return {
    ...nowhere,
    series: series.map(one => ({ ...one, line: 1 })),
    alerts: [{ alert, at: '0s', line: 1, expected: undefined, count: 0 }],
  }
}

/** Groups that only record first; promtool goes through them in this order. */
function orderOf(groups: readonly CarriedGroup[], kept: ReadonlySet<CarriedRule>): readonly string[] | undefined {
  const needed = groups.filter(({ rules }) => rules.some(rule => kept.has(rule)))
  const alerts = ({ rules }: CarriedGroup) => rules.some(rule => kept.has(rule) && rule.kind === 'alert')
  const ordered = [...needed.filter(group => !alerts(group)), ...needed.filter(alerts)]
  return ordered.length < 2 ? undefined : ordered.map(({ name }) => name)
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
