import { resolve } from 'node:path'
import { matches } from '../../monitoring/alertmanager/matchers.ts'
import type { AlertmanagerConfig, Route } from '../../monitoring/alertmanager/read.ts'
import type { CheckFile } from '../check/collect.ts'
import type { Checked } from '../check/result.ts'
import { findAlertmanager } from '../promtool/engine.ts'
import type { Scratch } from '../promtool/scratch.ts'
import { askAlertmanager, type RouteAnswer } from '../routes/ask.ts'
import { questionOf } from '../routes/index.ts'
import { judgeRoute } from '../routes/judge.ts'
import { type ReadRoutes, readRoutes } from '../routes/read.ts'
import { readConfigSource } from '../routes/scratch-config.ts'
import type { Fate } from './mutant.ts'
import { type RouteMutant, routeMutants } from './route-mutants.ts'

/** Questions to one Alertmanager; every changed tree stands beside the others in its configuration. */
const MOST_QUESTIONS = 2_000
const MOST_TREES = 200

interface RouteTestRun {
  readonly routes: ReadRoutes
  readonly index: number
  /** Paths of routes that one of its alerts satisfies, with all above them. */
  readonly reached: ReadonlySet<string>
}

/** Asks whether any of the route tests that hold notices each change of the Alertmanager configuration. */
export async function killRouteMutants(
  config: AlertmanagerConfig,
  files: readonly CheckFile[],
  checked: readonly Checked[],
  scratch: Scratch,
): Promise<Map<RouteMutant, Fate>> {
  const fates = new Map<RouteMutant, Fate>()
  const held = new Set(
    checked.filter(({ verdict }) => verdict === 'met').map(({ file, line, name }) => `${file}:${line} ${name}`),
  )
  const tests = files
    .filter(({ kind }) => kind === 'routes')
    .map(readRoutes)
    .filter(({ alertmanager }) => resolve(alertmanager) === resolve(config.file))
    .flatMap(routes =>
      routes.tests.flatMap((test, index): RouteTestRun[] =>
        held.has(`${routes.source.file}:${routes.lineOf([index])} ${test.name}`)
          ? [{ routes, index, reached: reachedBy(test.alerts, config) }]
          : [],
      ),
    )
  const pairs: { mutant: RouteMutant; run: RouteTestRun }[] = []
  for (const mutant of routeMutants(config, readConfigSource(config.file, config.text)))
    if (mutant.equivalent !== undefined) fates.set(mutant, { fate: 'not counted', reason: mutant.equivalent })
    else {
      const seeing = tests.filter(({ reached }) => mutant.seenBelow === undefined || reached.has(mutant.seenBelow))
      if (seeing.length === 0) fates.set(mutant, { fate: 'survived' })
      pairs.push(...seeing.map(run => ({ mutant, run })))
    }
  // Test by test, so that what one test notices is not asked of the next.
  const order = new Map(tests.map((run, index) => [run, index]))
  let open = pairs.toSorted((a, b) => (order.get(a.run) ?? 0) - (order.get(b.run) ?? 0))
  while (open.length > 0) {
    const round = firstOf(open)
    const answers = await askAlertmanager(
      config,
      round.map(({ mutant, run }) => ({ ...questionOf(testOf(run), config), changed: mutant.source })),
      findAlertmanager(),
      scratch,
    )
    for (const [index, { mutant, run }] of round.entries()) note(mutant, run, answers[index], fates)
    const asked = new Set(round)
    open = open.filter(pair => !asked.has(pair) && !fates.has(pair.mutant))
  }
  for (const { mutant } of pairs) if (!fates.has(mutant)) fates.set(mutant, { fate: 'survived' })
  return fates
}

function note(
  mutant: RouteMutant,
  { routes, index }: RouteTestRun,
  answer: RouteAnswer | undefined,
  fates: Map<RouteMutant, Fate>,
): void {
  if (answer === undefined || fates.get(mutant)?.fate === 'killed') return
  const { verdict, file, line } = judgeRoute(routes, index, answer, mutant.config)
  if (verdict !== 'met') fates.set(mutant, { fate: 'killed', by: `${file}:${line}` })
}

/** As many pairs as one Alertmanager takes, few tests of each mutant at a time. */
function firstOf<Pair extends { readonly mutant: RouteMutant }>(open: readonly Pair[]): Pair[] {
  const trees = new Set<RouteMutant>()
  const round: Pair[] = []
  for (const pair of open) {
    if (round.length === MOST_QUESTIONS) break
    if (!trees.has(pair.mutant) && trees.size === MOST_TREES) continue
    trees.add(pair.mutant)
    round.push(pair)
  }
  return round
}

function testOf({ routes, index }: RouteTestRun) {
  const test = routes.tests[index]
  if (test === undefined) throw new Error('a route test without its text')
  return test
}

function reachedBy(
  alerts: readonly { readonly labels: Readonly<Record<string, string>> }[],
  { route }: AlertmanagerConfig,
): Set<string> {
  const satisfied = (node: Route, labels: Readonly<Record<string, string>>): Route[] =>
    node.matchers.every(matcher => matches(matcher, labels))
      ? [node, ...node.routes.flatMap(child => satisfied(child, labels))]
      : []
  return new Set(
    route === undefined ? [] : alerts.flatMap(({ labels }) => satisfied(route, labels).map(({ path }) => path)),
  )
}
