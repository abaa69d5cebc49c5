import type { Labels } from '../../model/timeline.ts'
import { formatMatcher, matches } from './matchers.ts'
import type { AlertmanagerConfig, Route } from './read.ts'

export interface RoutedTo {
  readonly receiver: string
  /** Paths of the routes from the root to the one that took it: `route`, `route.routes[2]`. */
  readonly path: readonly string[]
  readonly route: Route
  readonly groupBy: readonly string[]
  /** Seconds, inherited ones and Alertmanager's defaults filled in. */
  readonly groupWait: number
  readonly groupInterval: number
  readonly repeatInterval: number
}

const DEFAULTS = { groupWait: 30, groupInterval: 300, repeatInterval: 14_400 }

/**
 * Who Alertmanager would tell, by its documented rules, and why: for explanations. The real engine decides.
 * `explanation` has a line for each route that was looked at, with file and line.
 */
export function routeAlert(
  config: AlertmanagerConfig,
  labels: Labels,
): { receivers: readonly RoutedTo[]; explanation: readonly string[] } {
  const explanation: string[] = []
  const look = (route: Route, above: readonly Route[]): RoutedTo[] => {
    const say = (text: string): void => {
      explanation.push(`${'  '.repeat(above.length)}${route.path} (${config.file}:${route.line}) ${text}`)
    }
    const failed = route.matchers.filter(matcher => !matches(matcher, labels))
    if (failed.length > 0) {
      const reasons = failed.map(
        matcher => `${formatMatcher(matcher)}, but ${matcher.label} is ${JSON.stringify(labels[matcher.label] ?? '')}`,
      )
      say(`does not match: it wants ${reasons.join('; ')}`)
      return []
    }
    const line = [...above, route]
    const here = routedTo(line)
    const wanted = route.matchers.length === 0 ? 'every alert' : route.matchers.map(formatMatcher).join(', ')
    say(`matches (${wanted})${route.continue?.value ? ', and continues with its siblings' : ''}`)
    const found: RoutedTo[] = []
    for (const child of route.routes) {
      const taken = look(child, line)
      found.push(...taken)
      if (taken.length > 0 && child.continue?.value !== true) break
    }
    if (found.length > 0) return found
    if (route.routes.length > 0)
      say(`none of its ${route.routes.length} routes matches, so it takes the alert: ${here.receiver}`)
    else explanation.push(`${'  '.repeat(line.length)}it goes to ${here.receiver}`)
    return [here]
  }
  return { receivers: config.route === undefined ? [] : look(config.route, []), explanation }
}

/** The settings of the last route of a line from the root, with what it inherits. */
export function routedTo(line: readonly Route[]): RoutedTo {
  const route = line.at(-1)
  if (route === undefined) throw new Error('a line of routes has at least the root')
  const inherited = <T>(pick: (route: Route) => T | undefined): T | undefined =>
    line.map(pick).findLast(value => value !== undefined)
  return {
    receiver: inherited(({ receiver }) => receiver?.value) ?? '',
    path: line.map(({ path }) => path),
    route,
    groupBy: inherited(({ groupBy }) => groupBy?.map(({ value }) => value)) ?? [],
    groupWait: inherited(({ groupWait }) => groupWait?.value) ?? DEFAULTS.groupWait,
    groupInterval: inherited(({ groupInterval }) => groupInterval?.value) ?? DEFAULTS.groupInterval,
    repeatInterval: inherited(({ repeatInterval }) => repeatInterval?.value) ?? DEFAULTS.repeatInterval,
  }
}
