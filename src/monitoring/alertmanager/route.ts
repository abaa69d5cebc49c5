import type { Labels } from '../../model/timeline.ts'
import type { AlertmanagerConfig, LabelMatcher, Route } from './read.ts'

export interface RoutedTo {
  readonly receiver: string
  /** Paths of the routes from the root to the one that took it: `route`, `route.routes[2]`. */
  readonly path: readonly string[]
  readonly route: Route
  readonly groupBy: readonly string[]
  readonly groupWait: number
  readonly groupInterval: number
  readonly repeatInterval: number
}

/**
 * Who Alertmanager would tell, by its documented rules, and why: for explanations. The real engine decides.
 * `explanation` has a line for each route that was looked at, with file and line.
 */
export function routeAlert(
  config: AlertmanagerConfig,
  labels: Labels,
): { receivers: readonly RoutedTo[]; explanation: readonly string[] } {
  throw new Error(`not built yet ${config.file} ${labels}`)
}

/** Missing labels count as empty, as in Alertmanager. */
export function matches(matcher: LabelMatcher, labels: Labels): boolean {
  throw new Error(`not built yet ${matcher} ${labels}`)
}
