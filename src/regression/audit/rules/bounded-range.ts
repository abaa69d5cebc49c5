import { alternatives, conditions, direction } from '../facts/conditions.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

export const boundedRange: Detector = {
  summary: 'an alert between two bounds resolves when things get worse',
  severity: 'high',
  needs: ['rules'],
  detect({ alerts }) {
    return alerts.flatMap((alert): Remark[] => {
      const bounds = alternatives(alert.rule.expression).flatMap(part => {
        const all = conditions(part)
        return all.flatMap(low => {
          const high = all.find(other => other.key === low.key && direction(other.operator) === 'low')
          return direction(low.operator) === 'high' && high !== undefined && high.threshold > low.threshold
            ? [{ low, high }]
            : []
        })
      })
      const [found] = bounds
      if (found === undefined) return []
      const { low, high } = found
      return [
        {
          ...spot(alert.file, alert.rule.expr),
          subject: alert.name,
          happens: `it fires between ${low.threshold} and ${high.threshold} only: when the value goes on past the far bound, it resolves, and its receivers read that all is well`,
          advice: 'drop the far bound and inhibit this alert while the graver one fires',
        },
      ]
    })
  },
}
