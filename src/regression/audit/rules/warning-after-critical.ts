import { formatDuration } from '../../../model/duration.ts'
import { alternatives, conditions, direction, holds } from '../facts/conditions.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

export const warningAfterCritical: Detector = {
  summary: 'a warning that waits longer than the critical alert on the same value',
  severity: 'high',
  needs: ['rules'],
  detect({ alerts }) {
    const watches = alerts.flatMap(alert =>
      alternatives(alert.rule.expression)
        .flatMap(conditions)
        .map(condition => ({ alert, condition, hold: alert.rule.for?.value ?? 0 })),
    )
    const byKey = Map.groupBy(watches, ({ condition }) => condition.key)
    return watches.flatMap(({ alert, condition, hold }): Remark[] => {
      const later = byKey.get(condition.key)?.find(
        other =>
          other.alert !== alert &&
          direction(other.condition.operator) !== undefined &&
          direction(other.condition.operator) === direction(condition.operator) &&
          other.condition.threshold !== condition.threshold &&
          // The other is the stricter one: what fires it satisfies this one too.
          holds(other.condition.threshold, condition.operator, condition.threshold) &&
          other.hold < hold,
      )
      if (later === undefined) return []
      return [
        {
          ...spot(alert.file, alert.rule.for ?? alert.rule.expr),
          subject: `${alert.name} and ${later.alert.name}`,
          happens: `in a sudden failure ${later.alert.name} (for ${formatDuration(later.hold)}) fires first and ${alert.name} (for ${formatDuration(hold)}) follows ${formatDuration(hold - later.hold)} later: the early warning comes last`,
          advice: `give ${alert.name} the shorter for, and inhibit it while ${later.alert.name} fires`,
        },
      ]
    })
  },
}
