import { simplest } from '../facts/conditions.ts'
import { type Detector, type Remark, spot } from '../finding.ts'
import { watchersOf } from './watchers.ts'

export const objectiveWithoutRule: Detector = {
  summary: 'an objective or a promised alert that no rule watches',
  severity: 'high',
  needs: ['objectives'],
  detect({ objectives, alerts }) {
    if (objectives === undefined) return []
    const unwatched = objectives.objectives
      .filter(
        ({ expression, operator, target }) => watchersOf(simplest(expression, operator, target), alerts).length === 0,
      )
      .map(
        (objective): Remark => ({
          ...spot(objectives.file, objective),
          subject: `objective ${objective.name}`,
          happens: `no alert compares ${objective.query} with anything: it can be broken for weeks without a word`,
          advice: 'write an alert for it',
        }),
      )
    const known = new Set(alerts.map(({ name }) => name))
    const missing = objectives.alerts
      .filter(({ value }) => !known.has(value))
      .map(
        (alert): Remark => ({
          ...spot(objectives.file, alert),
          subject: alert.value,
          happens: 'the alert is promised and no rule has its name: what it stands for goes unnoticed',
          advice: 'write the rule, or withdraw the promise',
        }),
      )
    return [...unwatched, ...missing]
  },
}
