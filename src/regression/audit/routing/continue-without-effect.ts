import { allRoutes, type Route } from '../../../monitoring/alertmanager/read.ts'
import { type Detector, spot } from '../finding.ts'

export const continueWithoutEffect: Detector = {
  summary: 'continue: true where nothing follows',
  severity: 'high',
  needs: ['alertmanager'],
  detect({ alertmanager }) {
    if (alertmanager === undefined) return []
    const root = alertmanager.route
    const last = (route: Route): boolean => route.continue?.value === true
    const lasts = allRoutes(root).flatMap(({ routes }) => routes.slice(-1).filter(last))
    return [...(root !== undefined && last(root) ? [root] : []), ...lasts].map(route => ({
      ...spot(alertmanager.file, route.continue ?? route),
      subject: route.path,
      happens: `continue goes on to the siblings after it, and there is none: an alert that ${route.receiver?.value ?? 'its receiver'} gets reaches nobody else, in particular not the receiver of the route above`,
      advice: 'add the second receiver as a route of its own behind this one, or drop continue',
    }))
  },
}
