import { direction, flipped, holds, simplest } from '../facts/conditions.ts'
import { type Detector, type Remark, spot } from '../finding.ts'
import { watchersOf } from './watchers.ts'

export const slaGap: Detector = {
  summary: 'an objective is broken before its alert fires',
  severity: 'high',
  needs: ['rules', 'objectives'],
  detect({ alerts, objectives }) {
    return (objectives?.objectives ?? []).flatMap((objective): Remark[] => {
      const promised = simplest(objective.expression, objective.operator, objective.target)
      const watchers = watchersOf(promised, alerts)
      // A metric that is compared with a state, such as pg_up, has no values in between.
      if (watchers.length === 0 || watchers.some(({ condition }) => condition.operator === '==')) return []
      const worse = direction(flipped(promised.operator))
      // The alert that fires first, and the first value that breaks the promise.
      const first = watchers.reduce((a, b) =>
        (worse === 'high') === a.condition.threshold <= b.condition.threshold ? a : b,
      )
      const { alert, condition } = first
      const beyond =
        worse === 'high' ? condition.threshold > promised.threshold : condition.threshold < promised.threshold
      const place = { ...spot(alert.file, alert.rule.expr), subject: `${alert.name} and objective ${objective.name}` }
      if (beyond)
        return [
          {
            ...place,
            happens: `the objective (${objective.query} ${objective.operator} ${objective.target}) is broken from ${promised.threshold} on, the alert fires beyond ${condition.threshold}: in between nobody is told`,
            advice: `let an alert fire at ${promised.threshold} or before`,
          },
        ]
      const edgeBroken = !holds(promised.threshold, promised.operator, promised.threshold)
      if (
        condition.threshold === promised.threshold &&
        edgeBroken &&
        !holds(condition.threshold, condition.operator, condition.threshold)
      )
        return [
          {
            ...place,
            severity: 'low',
            happens: `at exactly ${promised.threshold} the objective is broken and the alert is silent`,
            advice: `compare with ${condition.operator}=`,
          },
        ]
      return []
    })
  },
}
