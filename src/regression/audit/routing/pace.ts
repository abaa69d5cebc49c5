import { formatDuration } from '../../../model/duration.ts'
import { reachOf } from '../facts/reach.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

export const pace: Detector = {
  summary: 'group_interval and repeat_interval that flood or forget',
  severity: 'medium',
  needs: ['alertmanager'],
  detect({ alertmanager, labels }) {
    const root = alertmanager?.route
    if (alertmanager === undefined || root === undefined) return []
    return [...reachOf(root, [], labels).keys()].flatMap((route): Remark[] => {
      const { groupWait, groupInterval, repeatInterval } = route
      const remarks: Remark[] = []
      if (groupInterval !== undefined && groupInterval.value < 60 && groupInterval.value <= (groupWait?.value ?? 30))
        remarks.push({
          ...spot(alertmanager.file, groupInterval),
          subject: route.path,
          happens: `each new alert of a group sends another notification after ${formatDuration(groupInterval.value)}: an outage that unfolds floods its receivers`,
          advice: 'minutes are usual (5m)',
        })
      if (repeatInterval !== undefined && repeatInterval.value >= 43_200)
        remarks.push({
          ...spot(alertmanager.file, repeatInterval),
          subject: route.path,
          severity: 'low',
          happens: `a notification that somebody missed is repeated only after ${formatDuration(repeatInterval.value)}`,
          advice: 'shorter for critical alerts (1h to 4h)',
        })
      return remarks
    })
  },
}
