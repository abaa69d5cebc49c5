import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { EnvironmentError, messageOf, ScenarioError } from '../../model/errors.ts'
import { type AlertmanagerConfig, readAlertmanager } from '../../monitoring/alertmanager/read.ts'
import { alertRules, type RuleFile } from '../../monitoring/rules/read.ts'
import { type CheckFile, collectFiles } from '../check/collect.ts'
import { check } from '../check/index.ts'
import { readScenario } from '../check/scenario-file.ts'
import { findAlertmanager } from '../promtool/engine.ts'
import { Scratch } from '../promtool/scratch.ts'
import { readTestFile } from '../promtool/test-file.ts'
import { askAlertmanager } from '../routes/ask.ts'
import { questionOf } from '../routes/index.ts'
import { judgeRoute } from '../routes/judge.ts'
import { readRoutes } from '../routes/read.ts'
import { readRuleFiles } from '../rule-files.ts'
import { type Evidence, simulatedEvidence } from './evidence.ts'
import { liveEvidence } from './records.ts'
import type { AlertCoverage, CoverageReport, ItemCoverage, Shown } from './result.ts'
import { selectorCoverage } from './selectors.ts'
import { type HeldRouteTest, treeCoverage } from './tree.ts'

export interface CoverageOptions {
  readonly rules: readonly string[]
  readonly alertmanager?: string | undefined
  /** The run archive whose records count as live evidence. */
  readonly reports?: string | undefined
}

/** What the tests and runs show of the rules and of the route tree. Only tests that hold count. */
export async function coverage(tests: readonly string[], options: CoverageOptions): Promise<CoverageReport> {
  const rules = readRuleFiles(options.rules)
  const config = options.alertmanager === undefined ? undefined : readConfig(options.alertmanager)
  const files = collectFiles(tests)
  const { checked } = await check(tests)
  const live = liveEvidence(options.reports ?? 'reports', rules, config)
  const simulated = simulatedEvidence(files, checked)
  const held = config === undefined ? [] : await heldRouteTests(files, config)
  for (const { answer } of held)
    for (const { labels, routes, mutedRoutes, inhibitedBy, silenced } of answer.alerts)
      if (!silenced && inhibitedBy.length === 0 && routes.length > mutedRoutes.length)
        simulated.add(['*'], labels['alertname'] ?? '', 'delivered')
  const alerts = rules.flatMap(file => alertCoverage(file, live.alerts, simulated, config !== undefined))
  const items: ItemCoverage[] = [
    ...selectorCoverage(rules, files.flatMap(playedSeries)),
    ...(config === undefined ? [] : treeCoverage(config, held, live.receivers)),
  ]
  const shown = [
    ...alerts.flatMap(({ fire, quiet, resolve, delivered }) => [
      fire,
      quiet,
      resolve,
      ...(delivered === undefined ? [] : [delivered]),
    ]),
    ...items.map(item => item.shown),
  ]
  const covered = shown.filter(one => one !== 'no').length
  const failing = checked.filter(({ verdict }) => verdict !== 'met').length
  const notes = [...live.notes, ...(failing === 0 ? [] : [`${failing} tests do not hold and show nothing`])]
  return {
    alerts,
    items,
    covered,
    total: shown.length,
    percent: shown.length === 0 ? 100 : (covered / shown.length) * 100,
    notes,
  }
}

function alertCoverage(file: RuleFile, live: Evidence, simulated: Evidence, delivery: boolean): AlertCoverage[] {
  return alertRules(file).map(rule => {
    const shown = (facet: 'fire' | 'quiet' | 'resolve' | 'delivered'): Shown =>
      live.has(file.file, rule.name, facet) ? 'live' : simulated.has(file.file, rule.name, facet) ? 'simulated' : 'no'
    return {
      alert: rule.name,
      file: file.file,
      line: rule.line,
      fire: shown('fire'),
      quiet: shown('quiet'),
      resolve: shown('resolve'),
      delivered: delivery ? shown('delivered') : undefined,
    }
  })
}

async function heldRouteTests(files: readonly CheckFile[], config: AlertmanagerConfig): Promise<HeldRouteTest[]> {
  const read = files.filter(({ kind }) => kind === 'routes').map(readRoutes)
  const tests = read
    .filter(({ alertmanager }) => resolve(alertmanager) === resolve(config.file))
    .flatMap(routes => routes.tests.map((test, index) => ({ routes, index, question: questionOf(test, config) })))
  if (tests.length === 0) return []
  using scratch = new Scratch()
  const answers = await askAlertmanager(
    config,
    tests.map(({ question }) => question),
    findAlertmanager(),
    scratch,
  )
  return tests.flatMap(({ routes, index, question }, position) => {
    const answer = answers[position]
    if (answer === undefined || judgeRoute(routes, index, answer, config).verdict !== 'met') return []
    return [{ answer, membership: question.membership }]
  })
}

function playedSeries(file: CheckFile): string[] {
  if (file.kind === 'rules')
    return readTestFile(file.file, file.text).tests.flatMap(({ series }) => series.map(one => one.series))
  if (file.kind !== 'scenario') return []
  const scenario = readScenario(file)
  return 'live' in scenario ? [] : scenario.series.map(({ name }) => name)
}

/** Throws ScenarioError with every problem of the file. */
export function readConfig(file: string): AlertmanagerConfig {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (thrown) {
    throw new EnvironmentError(`${file} cannot be read: ${messageOf(thrown)}`, { cause: thrown })
  }
  const { config, problems } = readAlertmanager(text, file)
  if (config.route === undefined)
    throw new ScenarioError(problems.length > 0 ? problems : [{ file, message: 'it has no route' }])
  return config
}
