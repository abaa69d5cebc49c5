import { sendsResolved } from '../../../monitoring/alertmanager/read.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

export const silentResolve: Detector = {
  summary: 'a receiver that never hears that an alert is over',
  severity: 'high',
  needs: ['alertmanager'],
  detect({ alertmanager }) {
    if (alertmanager === undefined) return []
    return alertmanager.receivers.flatMap((receiver): Remark[] => {
      const silent = receiver.integrations.filter(integration => !sendsResolved(integration))
      if (silent.length === 0) return []
      const all = silent.length === receiver.integrations.length
      return silent.map(integration => ({
        ...spot(alertmanager.file, integration),
        subject: `${receiver.name}/${integration.kind}/${integration.index}`,
        severity: all ? 'high' : 'low',
        happens: `${integration.sendResolved === undefined ? `send_resolved is false for ${integration.kind} unless set` : 'send_resolved is false'}: ${all ? `${receiver.name} is told when an alert fires and never when it is over` : 'this channel shows the alert as open for ever, while others of the receiver are told'}`,
        advice: 'set send_resolved: true',
      }))
    })
  },
}
