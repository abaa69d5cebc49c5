import type { Labels } from '../../model/timeline.ts'
import { formatMatcher, matches } from '../../monitoring/alertmanager/matchers.ts'
import { type AlertmanagerConfig, allRoutes, type Route } from '../../monitoring/alertmanager/read.ts'
import type { RouteAnswer } from '../routes/ask.ts'
import { toldOf } from '../routes/judge.ts'
import type { ItemCoverage, Shown } from './result.ts'

/** A route test that holds: the alerts, what the real Alertmanager made of them, and where its instant lies. */
export interface HeldRouteTest {
  readonly answer: RouteAnswer
  readonly membership: ReadonlyMap<string, boolean> | undefined
}

/** Which parts of an Alertmanager configuration the route tests that hold exercise. */
export function treeCoverage(
  config: AlertmanagerConfig,
  tests: readonly HeldRouteTest[],
  liveReceivers: ReadonlySet<string>,
): ItemCoverage[] {
  const alerts = tests.flatMap(({ answer }) => answer.alerts)
  const { file } = config
  const taken = new Set(alerts.flatMap(({ routes }) => routes.map(({ path }) => path)))
  const told = new Set(alerts.flatMap(toldOf))
  const nodes = allRoutes(config.route)
  const looked = new Map(nodes.map(route => [route.path, { held: [] as Labels[], failed: [] as Labels[] }]))
  for (const { labels } of alerts) if (config.route !== undefined) visit(config.route, labels, looked)
  const shown = (is: boolean): Shown => (is ? 'simulated' : 'no')
  return [
    ...nodes.map((route): ItemCoverage => {
      const name = `${route.path} to ${route.receiver?.value ?? 'the receiver above it'}`
      return {
        what: 'route',
        name,
        file,
        line: route.line,
        shown: shown(taken.has(route.path)),
        missing: 'no test has an alert that it takes',
      }
    }),
    ...nodes.flatMap(route =>
      route.matchers.map((matcher): ItemCoverage => {
        const seen = looked.get(route.path)
        const held = seen?.held.some(labels => matches(matcher, labels)) ?? false
        const failed = seen?.failed.some(labels => !matches(matcher, labels)) ?? false
        const missing = !held ? 'no alert that reaches it satisfies it' : 'no alert that reaches it fails it'
        const name = `${route.path} ${formatMatcher(matcher)}`
        return { what: 'matcher', name, file, line: matcher.place.line, shown: shown(held && failed), missing }
      }),
    ),
    ...config.receivers.map(({ name, line }): ItemCoverage => {
      const how = liveReceivers.has(name) ? 'live' : shown(told.has(name))
      return { what: 'receiver', name, file, line, shown: how, missing: 'no test and no run notifies it' }
    }),
    ...config.inhibitRules.map((rule): ItemCoverage => {
      const used = alerts.some(target =>
        target.inhibitedBy.some(
          source =>
            rule.source.every(matcher => matches(matcher, source)) &&
            rule.target.every(matcher => matches(matcher, target.labels)) &&
            rule.equal.every(label => (source[label] ?? '') === (target.labels[label] ?? '')),
        ),
      )
      const show = (list: typeof rule.source) => list.map(formatMatcher).join(',')
      const name = `${show(rule.source)} inhibits ${show(rule.target)}`
      return {
        what: 'inhibition',
        name,
        file,
        line: rule.line,
        shown: shown(used),
        missing: 'no test has an alert that it inhibits',
      }
    }),
    ...config.timeIntervals.map(({ name, line }): ItemCoverage => {
      const inside = tests.some(test => test.membership?.get(name) === true && touches(test, name))
      const outside = tests.some(test => test.membership?.get(name) === false && touches(test, name))
      const missing = inside
        ? 'no test outside of it'
        : outside
          ? 'no test at an instant in it'
          : 'no test of a route that uses it, with at:'
      return { what: 'time interval', name, file, line, shown: shown(inside && outside), missing }
    }),
  ].map(item => (item.shown === 'no' ? item : { ...item, missing: undefined })) as ItemCoverage[]
}

function touches({ answer }: HeldRouteTest, interval: string): boolean {
  return answer.alerts.some(({ routes }) =>
    routes.some(({ muteIntervals, activeIntervals }) => [...muteIntervals, ...activeIntervals].includes(interval)),
  )
}

/** Notes at every route that looks at the alert whether it takes it; gives whether this one does. */
function visit(route: Route, labels: Labels, looked: Map<string, { held: Labels[]; failed: Labels[] }>): boolean {
  const taken = route.matchers.every(matcher => matches(matcher, labels))
  looked.get(route.path)?.[taken ? 'held' : 'failed'].push(labels)
  if (taken) for (const child of route.routes) if (visit(child, labels, looked) && child.continue?.value !== true) break
  return taken
}
