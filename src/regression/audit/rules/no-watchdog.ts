import { constant, metricNames, unwrap } from '../../../promql/walk.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

export const noWatchdog: Detector = {
  summary: 'nobody notices when the alerting itself is dead',
  severity: 'medium',
  needs: ['rules'],
  detect({ alerts, rules }) {
    const [file] = rules
    if (file === undefined || alerts.length === 0) return []
    const place = spot(file.file, file.groups[0] ?? { line: 1, column: 1 })
    const alwaysOn = alerts.some(({ rule }) => {
      const inner = unwrap(rule.expression)
      return inner.type === 'call' && inner.name === 'vector' && (constant(inner.args[0] ?? inner) ?? 0) !== 0
    })
    const delivery = alerts.some(({ rule }) =>
      [...metricNames(rule.expression)].some(name => /^alertmanager_notifications_failed/.test(name)),
    )
    const remarks: Remark[] = []
    if (!alwaysOn)
      remarks.push({
        ...place,
        subject: "dead man's switch",
        happens: 'when Prometheus or Alertmanager stops, no alert arrives, which looks just like a good day',
        advice:
          'add an alert that always fires (expr: vector(1)) and a service outside that complains when it stays away',
      })
    if (!delivery)
      remarks.push({
        ...place,
        subject: 'delivery failures',
        severity: 'low',
        happens: 'when Slack, the pager or the mail server refuses notifications, nobody learns of it',
        advice: 'alert on rate(alertmanager_notifications_failed_total[5m]) > 0, through another channel',
      })
    return remarks
  },
}
