import { setTimeout as sleep } from 'node:timers/promises'
import { EnvironmentError } from '../../model/errors.ts'
import type { LabelPatterns } from '../../model/fields.ts'
import type { Labels } from '../../model/timeline.ts'
import type { Engine } from '../promtool/engine.ts'
import type { Scratch } from '../promtool/scratch.ts'
import type { YamlSource } from '../promtool/yaml-source.ts'
import { PrivateAlertmanager, type SeenAlert, type SeenGroup } from './alertmanager.ts'
import {
  isMuted,
  type RouteNode,
  readConfigSource,
  SENTINEL,
  scratchConfig,
  TEST_LABEL,
  TREE_LABEL,
  type Tree,
} from './scratch-config.ts'

/** Alerts that fire together. */
export interface RouteQuestion {
  readonly alerts: readonly Labels[]
  readonly silences: readonly LabelPatterns[]
  /** For each time interval of the file, whether the instant is in it; undefined: nothing is muted. */
  readonly membership: ReadonlyMap<string, boolean> | undefined
  /** Asked of this changed configuration instead. */
  readonly changed?: YamlSource | undefined
}

/** What the real Alertmanager makes of one alert. */
export interface RoutedAlert {
  readonly labels: Labels
  /** The routes that took it. */
  readonly routes: readonly RouteNode[]
  readonly mutedRoutes: readonly RouteNode[]
  readonly inhibitedBy: readonly Labels[]
  readonly silenced: boolean
}

export interface RoutedGroup {
  readonly route: RouteNode
  readonly muted: boolean
  readonly labels: Labels
  readonly alerts: readonly RoutedAlert[]
}

export interface RouteAnswer {
  readonly alerts: readonly RoutedAlert[]
  readonly groups: readonly RoutedGroup[]
}

const PATIENCE_MS = 30_000

/** One Alertmanager answers all questions about one configuration. Throws Refused with its words when it does not take the file. */
export async function askAlertmanager(
  config: { readonly file: string; readonly text: string },
  questions: readonly RouteQuestion[],
  engine: Engine,
  scratch: Scratch,
): Promise<RouteAnswer[]> {
  const base = readConfigSource(config.file, config.text)
  const trees = new Map<YamlSource, Map<string, Tree>>()
  let count = 0
  const treeOf = ({ membership, changed = base }: RouteQuestion): Tree => {
    const known = trees.get(changed) ?? new Map<string, Tree>()
    trees.set(changed, known)
    const key = membership === undefined ? '' : JSON.stringify([...membership])
    const tree = known.get(key) ?? { id: String(count++), source: changed, membership }
    known.set(key, tree)
    return tree
  }
  const placed = questions.map(question => ({ question, tree: treeOf(question) }))
  const { text, nodes } = scratchConfig([...trees.values()].flatMap(known => [...known.values()]))
  await using alertmanager = await PrivateAlertmanager.start(text, engine, scratch)
  for (const [test, { silences }] of questions.entries())
    for (const patterns of silences) await alertmanager.silence(silenceMatchers(patterns, test))
  const posted = placed.flatMap(({ question, tree }, test) =>
    question.alerts.map(labels => ({ labels: { ...labels, [TEST_LABEL]: String(test), [TREE_LABEL]: tree.id } })),
  )
  await alertmanager.post(posted)
  await alertmanager.post([SENTINEL.source, SENTINEL.target].map(name => ({ labels: { [TEST_LABEL]: name } })))
  const seen = await settled(
    alertmanager,
    posted.length === 0 ? 0 : new Set(posted.map(({ labels }) => keyOf(labels))).size,
  )
  return answers(placed, seen, nodes)
}

/** Alerts and groups once Alertmanager has worked through everything that was posted. */
async function settled(
  alertmanager: PrivateAlertmanager,
  wanted: number,
): Promise<{ alerts: SeenAlert[]; groups: SeenGroup[] }> {
  const until = Date.now() + PATIENCE_MS
  for (let pause = 5; Date.now() < until; pause = Math.min(pause * 2, 200)) {
    const groups = await alertmanager.groups()
    const grouped = new Set(groups.flatMap(group => group.alerts.map(({ fingerprint }) => fingerprint)))
    // The two of our own are grouped too.
    if (grouped.size >= wanted + 2) {
      const alerts = await alertmanager.alerts()
      const target = alerts.find(({ labels }) => labels[TEST_LABEL] === SENTINEL.target)
      if (alerts.length >= wanted + 2 && (target?.status.inhibitedBy.length ?? 0) > 0)
        return { alerts, groups: await alertmanager.groups() }
    }
    await sleep(pause)
  }
  throw new EnvironmentError(`Alertmanager has not worked through ${wanted} alerts after ${PATIENCE_MS / 1000} s`, {
    advice: 'the machine may be overloaded; run the check again',
  })
}

function answers(
  placed: readonly { question: RouteQuestion; tree: Tree }[],
  seen: { alerts: readonly SeenAlert[]; groups: readonly SeenGroup[] },
  nodes: ReadonlyMap<Tree, ReadonlyMap<string, RouteNode>>,
): RouteAnswer[] {
  const byFingerprint = new Map(seen.alerts.map(alert => [alert.fingerprint, alert]))
  const byTest = Map.groupBy(seen.alerts, ({ labels }) => labels[TEST_LABEL] ?? '')
  const groupsByTest = Map.groupBy(seen.groups, ({ alerts }) => alerts[0]?.labels[TEST_LABEL] ?? '')
  return placed.map(({ question, tree }, test) => {
    const nodeNamed = (name: string): RouteNode[] => {
      const node = nodes.get(tree)?.get(name)
      return node === undefined ? [] : [node]
    }
    const routed = new Map<string, RoutedAlert>()
    for (const alert of byTest.get(String(test)) ?? []) {
      const routes = alert.receivers.flatMap(({ name }) => nodeNamed(name))
      routed.set(alert.fingerprint, {
        labels: userLabels(alert.labels),
        routes,
        mutedRoutes: routes.filter(node => isMuted(node, tree)),
        inhibitedBy: alert.status.inhibitedBy.map(fingerprint =>
          userLabels(byFingerprint.get(fingerprint)?.labels ?? {}),
        ),
        silenced: alert.status.silencedBy.length > 0,
      })
    }
    const byLabels = new Map([...routed.values()].map(alert => [keyOf(alert.labels), alert]))
    return {
      alerts: question.alerts.flatMap(labels => byLabels.get(keyOf(withoutEmpty(labels))) ?? []),
      groups: (groupsByTest.get(String(test)) ?? []).flatMap(group =>
        nodeNamed(group.receiver.name).map(route => ({
          route,
          muted: isMuted(route, tree),
          labels: userLabels(group.labels),
          alerts: group.alerts.flatMap(({ fingerprint }) => routed.get(fingerprint) ?? []),
        })),
      ),
    }
  })
}

function silenceMatchers(patterns: LabelPatterns, test: number) {
  const own = { name: TEST_LABEL, value: String(test), isRegex: false, isEqual: true }
  const given = Object.entries(patterns).map(([name, pattern]) => ({
    name,
    value: typeof pattern === 'string' ? pattern : pattern.matches,
    isRegex: typeof pattern !== 'string',
    isEqual: true,
  }))
  return [own, ...given]
}

function userLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name !== TEST_LABEL && name !== TREE_LABEL))
}

/** Alertmanager takes a label with an empty value for an absent one. */
function withoutEmpty(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
}

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
}
