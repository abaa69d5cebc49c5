import { metricNames, walk } from '../../../promql/walk.ts'
import { alternatives, conditions, direction } from '../facts/conditions.ts'
import { type Detector, type Remark, some, spot } from '../finding.ts'
import { watchedAbsences } from './resolves-when-target-dies.ts'

export const neverFiresWithoutSeries: Detector = {
  summary: 'an alert on something overdue that stays silent when it never happened at all',
  severity: 'high',
  needs: ['rules'],
  detect({ alerts }) {
    const { metrics: watched } = watchedAbsences(alerts)
    return alerts.flatMap((alert): Remark[] => {
      const overdue = alternatives(alert.rule.expression)
        .flatMap(conditions)
        .filter(({ operator }) => direction(operator) === 'high')
        .map(({ base }) => base)
        .filter(base => {
          const sinceAnInstant =
            base.type === 'binary' &&
            base.operator === '-' &&
            [...walk(base.left)].some(({ node }) => node.type === 'call' && node.name === 'time')
          return sinceAnInstant || [...metricNames(base)].some(name => /(^|_)(age|since)(_|$)/.test(name))
        })
      const metrics = new Set(overdue.flatMap(base => [...metricNames(base)]))
      if (metrics.size === 0 || [...metrics].some(metric => watched.has(metric))) return []
      return [
        {
          ...spot(alert.file, alert.rule.expr),
          subject: alert.name,
          happens: `before the first time, and wherever it never happened, ${some(metrics, 2)} does not exist and the alert cannot fire: the worst case is silent`,
          advice: `add: or absent(${[...metrics][0]})`,
        },
      ]
    })
  },
}
