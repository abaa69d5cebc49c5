import { allRoutes } from '../../../monitoring/alertmanager/read.ts'
import { reachOf } from '../facts/reach.ts'
import { type Detector, spot } from '../finding.ts'

export const deadReceiver: Detector = {
  summary: 'a receiver that no route names, or that no alert of the rules can reach',
  severity: 'medium',
  needs: ['alertmanager'],
  detect({ alertmanager, alerts, labels }) {
    const root = alertmanager?.route
    if (alertmanager === undefined || root === undefined) return []
    const named = new Set(allRoutes(root).flatMap(({ receiver }) => receiver?.value ?? []))
    const told = new Set(
      [...reachOf(root, alerts, labels).values()].filter(({ takes }) => takes.size > 0).map(({ receiver }) => receiver),
    )
    return alertmanager.receivers.flatMap(receiver => {
      const unnamed = !named.has(receiver.name)
      if (!unnamed && (told.has(receiver.name) || alerts.length === 0)) return []
      return [
        {
          ...spot(alertmanager.file, receiver),
          subject: `receiver ${receiver.name}`,
          happens: unnamed
            ? 'no route leads to it: whoever waits there never hears of anything'
            : 'no alert of the rules ends there: whoever waits there never hears of anything',
          advice: 'route the alerts that it is meant for to it, or remove it',
        },
      ]
    })
  },
}
