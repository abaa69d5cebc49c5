import type { Labels } from '../../model/timeline.ts'
import { type AlertmanagerConfig, sendsResolved } from '../../monitoring/alertmanager/read.ts'
import { routeAlert } from '../../monitoring/alertmanager/route.ts'
import { showLabels } from '../check/labels.ts'
import type { Checked, CheckFailure } from '../check/result.ts'
import type { RouteAnswer, RoutedAlert, RoutedGroup } from './ask.ts'
import type { ExpectedAlert } from './file.ts'
import type { ReadRoutes } from './read.ts'

/** Who is told of the alert. */
export function toldOf(alert: RoutedAlert): string[] {
  if (alert.silenced || alert.inhibitedBy.length > 0) return []
  return names(alert.routes.filter(route => !alert.mutedRoutes.includes(route)))
}

/** Compares what Alertmanager did with what the test expects. */
export function judgeRoute(
  routes: ReadRoutes,
  index: number,
  answer: RouteAnswer,
  config: AlertmanagerConfig,
): Checked {
  const test = routes.tests[index]
  const { file } = routes.source
  const failures: CheckFailure[] = []
  for (const [position, expected] of (test?.alerts ?? []).entries()) {
    const got = answer.alerts[position]
    const line = routes.lineOf([index, 'alerts', position])
    const fail = (message: string, sides: { expected: string; actual: string }) =>
      failures.push({
        file,
        line,
        message: `${showLabels(expected.labels)}: ${message}`,
        ...sides,
        why: got === undefined ? [] : why(got, config),
      })
    if (got === undefined) fail('Alertmanager does not show it', { expected: 'an active alert', actual: 'none' })
    else compare(expected, got, config, fail)
  }
  const groups = test?.groups
  if (groups !== undefined) {
    const expected = groups.map(({ receiver, labels, alerts }) => showGroup(receiver, labels, alerts)).sort()
    const got = answer.groups
      .filter(group => !group.muted && active(group).length > 0)
      .map(group =>
        showGroup(
          group.route.receiver,
          groups.some(({ labels }) => labels) ? group.labels : undefined,
          groups.some(({ alerts }) => alerts !== undefined) ? active(group).length : undefined,
        ),
      )
      .sort()
    if (expected.join('\n') !== got.join('\n'))
      failures.push({
        file,
        line: routes.lineOf([index, 'groups']),
        message: `expected ${expected.length} notified groups, got ${got.length}`,
        expected: expected.join('\n') || 'no group',
        actual: got.join('\n') || 'no group',
        why: answer.groups.map(
          ({ route, labels }) => `${config.file}:${route.line} ${route.path} groups by ${showLabels(labels)}`,
        ),
      })
  }
  const verdict = failures.length === 0 ? 'met' : 'unmet'
  return { kind: 'routes', file, line: routes.lineOf([index]), name: test?.name ?? '', verdict, failures, notes: [] }
}

/** Of those who are told, who also hears of the resolve. */
function resolvedFor(alert: RoutedAlert, { receivers }: AlertmanagerConfig): string[] {
  const hears = new Set(
    receivers.filter(({ integrations }) => integrations.some(sendsResolved)).map(({ name }) => name),
  )
  return toldOf(alert).filter(name => hears.has(name))
}

function compare(
  expected: ExpectedAlert,
  got: RoutedAlert,
  config: AlertmanagerConfig,
  fail: (message: string, sides: { expected: string; actual: string }) => void,
): void {
  const differ = (what: string, wanted: readonly string[] | undefined, seen: readonly string[]) => {
    if (wanted === undefined || same(wanted, seen)) return
    fail(`${what} ${list(wanted)}, got ${list(seen)}`, { expected: list(wanted), actual: list(seen) })
  }
  differ('expected to be notified:', expected.receivers, toldOf(got))
  differ('expected to hear of the resolve:', expected.resolved, resolvedFor(got, config))
  differ('expected to be routed to', expected.routed, names(got.routes))
  const inhibitors = got.inhibitedBy.map(labels => showLabels(labels)).join(' and ')
  if (typeof expected.inhibited === 'boolean' && expected.inhibited !== got.inhibitedBy.length > 0)
    fail(expected.inhibited ? 'expected to be inhibited' : 'expected not to be inhibited', {
      expected: expected.inhibited ? 'inhibited' : 'not inhibited',
      actual: inhibitors === '' ? 'not inhibited' : `inhibited by ${inhibitors}`,
    })
  if (typeof expected.inhibited === 'object' && !got.inhibitedBy.some(labels => includes(labels, expected.inhibited)))
    fail('expected to be inhibited by another alert', {
      expected: `inhibited by ${showLabels(expected.inhibited)}`,
      actual: inhibitors === '' ? 'not inhibited' : `inhibited by ${inhibitors}`,
    })
  if (expected.silenced !== undefined && expected.silenced !== got.silenced)
    fail(expected.silenced ? 'expected to be silenced' : 'expected not to be silenced', {
      expected: expected.silenced ? 'silenced' : 'not silenced',
      actual: got.silenced ? 'silenced' : 'not silenced',
    })
  const muted = names(got.mutedRoutes)
  if (Array.isArray(expected.muted)) differ('expected to be muted for', expected.muted, muted)
  const all = got.routes.length > 0 && got.mutedRoutes.length === got.routes.length
  if (typeof expected.muted === 'boolean' && expected.muted !== all)
    fail(expected.muted ? 'expected to be muted' : 'expected not to be muted', {
      expected: expected.muted ? 'muted for all receivers' : 'not muted',
      actual: muted.length === 0 ? 'not muted' : `muted for ${list(muted)}`,
    })
}

/** The path through the tree, then what else kept or did not keep it from being told. */
function why(got: RoutedAlert, config: AlertmanagerConfig): string[] {
  return [
    ...got.routes.map(({ path, line, receiver }) => `${config.file}:${line} ${path} took it for ${receiver}`),
    ...routeAlert(config, got.labels).explanation,
    ...got.mutedRoutes.map(
      ({ path, line, muteIntervals, activeIntervals }) =>
        `${config.file}:${line} ${path} is muted at this instant: mute_time_intervals [${muteIntervals.join(', ')}], active_time_intervals [${activeIntervals.join(', ')}]`,
    ),
    ...got.inhibitedBy.map(labels => `inhibited by ${showLabels(labels)}`),
    ...(got.silenced ? ['silenced'] : []),
  ]
}

function active({ alerts }: RoutedGroup): readonly RoutedAlert[] {
  return alerts.filter(({ silenced, inhibitedBy }) => !silenced && inhibitedBy.length === 0)
}

function showGroup(receiver: string, labels: Labels | undefined, alerts: number | undefined): string {
  const sorted = labels && Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
  return [receiver, sorted && showLabels(sorted), alerts === undefined ? undefined : `${alerts} alerts`]
    .filter(Boolean)
    .join(' ')
}

function names(routes: readonly { receiver: string }[]): string[] {
  return [...new Set(routes.map(({ receiver }) => receiver))].sort()
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return [...new Set(a)].sort().join('\n') === [...new Set(b)].sort().join('\n')
}

function list(items: readonly string[]): string {
  return items.length === 0 ? 'nobody' : [...items].sort().join(', ')
}

function includes(labels: Labels, wanted: Labels | boolean | undefined): boolean {
  return typeof wanted === 'object' && Object.entries(wanted).every(([name, value]) => labels[name] === value)
}
