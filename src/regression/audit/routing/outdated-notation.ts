import { allRoutes } from '../../../monitoring/alertmanager/read.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

export const outdatedNotation: Detector = {
  summary: 'deprecated or ineffective settings of Alertmanager',
  severity: 'low',
  needs: ['alertmanager'],
  detect({ alertmanager }) {
    if (alertmanager === undefined) return []
    const { file } = alertmanager
    const remarks: Remark[] = allRoutes(alertmanager.route)
      .filter(({ keys }) => keys.includes('match') || keys.includes('match_re'))
      .map(route => ({
        ...spot(file, route),
        subject: route.path,
        happens: 'match and match_re are deprecated and will stop to load in a later Alertmanager',
        advice: 'write matchers: [severity="critical"]',
      }))
    for (const receiver of alertmanager.receivers)
      for (const integration of receiver.integrations)
        if (integration.kind === 'pagerduty' && 'service_key' in integration.config)
          remarks.push({
            ...spot(file, integration.places['service_key'] ?? integration),
            subject: `${receiver.name}/pagerduty/${integration.index}`,
            happens: "service_key is PagerDuty's Events API v1, which knows neither severities nor links",
            advice: 'use an integration of Events API v2 and its routing_key',
          })
    const timeout = alertmanager.globalPlaces['resolve_timeout']
    if (timeout !== undefined)
      remarks.push({
        ...spot(file, timeout),
        subject: 'resolve_timeout',
        happens: 'Prometheus sends the end of each alert itself: this setting changes nothing for its alerts',
        advice: 'drop it, unless other senders post alerts without an end',
      })
    return remarks
  },
}
