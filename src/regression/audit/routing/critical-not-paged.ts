import { reachOf } from '../facts/reach.ts'
import { type Detector, type Remark, some, spot } from '../finding.ts'

const PAGING = new Set(['pagerduty', 'opsgenie', 'victorops', 'pushover', 'incidentio', 'sns'])

export const criticalNotPaged: Detector = {
  summary: 'critical alerts that never reach the pager the file has',
  severity: 'high',
  needs: ['rules', 'alertmanager'],
  detect({ alertmanager, alerts, labels }) {
    const root = alertmanager?.route
    if (alertmanager === undefined || root === undefined) return []
    const pagers = new Set(
      alertmanager.receivers
        .filter(({ integrations }) => integrations.some(({ kind }) => PAGING.has(kind)))
        .map(({ name }) => name),
    )
    if (pagers.size === 0) return []
    const reached = [...reachOf(root, alerts, labels).values()]
    return alerts
      .filter(({ rule, group }) =>
        /^(critical|page|p1|emergency)$/i.test(rule.labels['severity'] ?? group.labels['severity'] ?? ''),
      )
      .flatMap((alert): Remark[] => {
        const receivers = new Set(reached.filter(({ takes }) => takes.has(alert)).map(({ receiver }) => receiver))
        if ([...receivers].some(receiver => pagers.has(receiver))) return []
        return [
          {
            ...spot(alert.file, alert.rule.namePlace),
            subject: alert.name,
            happens: `it is critical and goes to ${some(receivers)} only; nobody is paged, though ${some(pagers)} could`,
            advice: `let the route to ${some(pagers)} match its labels`,
          },
        ]
      })
  },
}
