import { formatMatcher } from '../../../monitoring/alertmanager/matchers.ts'
import { canMatch, labelOf } from '../facts/labels.ts'
import { reachOf } from '../facts/reach.ts'
import { type Detector, type Remark, spot } from '../finding.ts'
import { possibleValues } from './values.ts'

export const deadRoute: Detector = {
  summary: 'a route that no alert of the rules can reach',
  severity: 'high',
  needs: ['rules', 'alertmanager'],
  detect({ alertmanager, alerts, labels }) {
    const root = alertmanager?.route
    if (alertmanager === undefined || root === undefined || alerts.length === 0) return []
    const reached = reachOf(root, alerts, labels)
    return [...reached.values()].flatMap(({ route, comes, shadowed, line, receiver }): Remark[] => {
      const parent = line.at(-2)
      // Below a dead route all are dead; the first one tells it.
      if (comes.size > 0 || parent === undefined || reached.get(parent)?.comes.size === 0) return []
      const matchers = route.matchers.map(formatMatcher).join(', ')
      const why = [...shadowed].some(alert =>
        route.matchers.every(matcher => canMatch(labelOf(alert, matcher.label, labels), matcher)),
      )
        ? 'every alert that matches it is taken by a route before it, which does not continue'
        : route.matchers
            .map(matcher => ({ matcher, domains: alerts.map(alert => labelOf(alert, matcher.label, labels)) }))
            .filter(({ matcher, domains }) => !domains.some(domain => canMatch(domain, matcher)))
            .map(
              ({ matcher, domains }) =>
                `no rule emits ${formatMatcher(matcher)} (${matcher.label} is ${possibleValues(domains)})`,
            )
            .join('; ') || 'no single alert satisfies all of its matchers'
      return [
        {
          ...spot(alertmanager.file, route),
          subject: `${route.path} (${matchers}) to ${receiver}`,
          happens: `${receiver} is never told through this route: ${why}`,
          advice: 'make the matchers and the labels of the rules agree, or remove the route',
        },
      ]
    })
  },
}
