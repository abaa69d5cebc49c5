import { allRoutes, type Route } from '../../../monitoring/alertmanager/read.ts'
import { routedTo } from '../../../monitoring/alertmanager/route.ts'
import type { Alert } from './alerts.ts'
import { canMatch, type LabelFacts, labelOf, mustMatch } from './labels.ts'

/** Which alerts may come to a route, and which it may keep for its own receiver. */
export interface Reached {
  readonly route: Route
  readonly receiver: string
  readonly line: readonly Route[]
  readonly comes: ReadonlySet<Alert>
  readonly takes: ReadonlySet<Alert>
  /** Alerts whose labels match, but which an earlier route surely takes. */
  readonly shadowed: ReadonlySet<Alert>
}

/** Decided by the labels that the rules can emit; where they leave it open, an alert may come. */
export function reachOf(root: Route, alerts: readonly Alert[], facts: LabelFacts): Map<Route, Reached> {
  const reached = new Map<Route, { comes: Set<Alert>; takes: Set<Alert>; shadowed: Set<Alert>; line: Route[] }>()
  const prepare = (route: Route, above: readonly Route[]): void => {
    const line = [...above, route]
    reached.set(route, { comes: new Set(), takes: new Set(), shadowed: new Set(), line })
    for (const child of route.routes) prepare(child, line)
  }
  prepare(root, [])
  for (const alert of alerts) {
    const judge = (route: Route, how: typeof canMatch): boolean =>
      route.matchers.every(matcher => how(labelOf(alert, matcher.label, facts), matcher))
    const visit = (route: Route): void => {
      const here = reached.get(route)
      here?.comes.add(alert)
      let sure = false
      let taken = false
      for (const child of route.routes) {
        if (!judge(child, canMatch)) continue
        if (taken) {
          for (const below of allRoutes(child)) reached.get(below)?.shadowed.add(alert)
          continue
        }
        visit(child)
        if (!judge(child, mustMatch)) continue
        sure = true
        taken = child.continue?.value !== true
      }
      if (!sure) here?.takes.add(alert)
    }
    visit(root)
  }
  return new Map(
    [...reached].map(([route, found]) => [route, { ...found, route, receiver: routedTo(found.line).receiver }]),
  )
}
