import type { Alert } from '../facts/alerts.ts'
import { alternatives, type Condition, conditions, direction, flipped, holds } from '../facts/conditions.ts'

export interface Watcher {
  readonly alert: Alert
  readonly condition: Condition
}

/** Alerts that fire on the wrong side of what was promised, or at a state that breaks it. */
export function watchersOf(promised: Condition, alerts: readonly Alert[]): Watcher[] {
  const worse = direction(flipped(promised.operator))
  return alerts.flatMap(alert =>
    alternatives(alert.rule.expression)
      .flatMap(conditions)
      .filter(({ key }) => key === promised.key)
      .filter(({ operator, threshold }) =>
        operator === '==' ? !holds(threshold, promised.operator, promised.threshold) : direction(operator) === worse,
      )
      .map(condition => ({ alert, condition })),
  )
}
