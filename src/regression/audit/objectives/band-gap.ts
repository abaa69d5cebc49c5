import { alternatives, conditions, direction, holds } from '../facts/conditions.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

export const bandGap: Detector = {
  summary: 'a value that belongs to no band, or bands that contradict the alert',
  severity: 'low',
  needs: [],
  detect({ panels, alerts }) {
    const watched = alerts.flatMap(alert =>
      alternatives(alert.rule.expression)
        .flatMap(conditions)
        .map(condition => ({ alert, condition })),
    )
    const ofPanels = panels.flatMap(({ title, bands, steps, queries, ...place }): Remark[] => {
      const edges = bands
        .filter(({ value }) => !bands.some(band => holds(value, band.operator, band.value)))
        .map(({ value }) => value)
      const gaps = [...new Set(edges)].map(
        (edge): Remark => ({
          ...spot(place.file, place),
          subject: title,
          happens: `exactly ${edge} belongs to none of its bands (${bands.map(({ name, operator, value }) => `${name} ${operator} ${value}`).join(', ')})`,
          advice: 'use >= on one side',
        }),
      )
      const shown = new Set(
        queries.flatMap(({ expression, value }) => (expression === undefined ? [] : [value.trim()])),
      )
      const disagree = watched.filter(
        ({ condition }) => shown.has(condition.key) && steps.length > 0 && !steps.includes(condition.threshold),
      )
      return [
        ...gaps,
        ...disagree.map(
          ({ alert, condition }): Remark => ({
            ...spot(place.file, place),
            subject: title,
            happens: `its colour changes at ${steps.join(', ')}, ${alert.name} fires at ${condition.operator} ${condition.threshold}: people see one state and are told another`,
            advice: 'take the thresholds of the alerts',
          }),
        ),
      ]
    })
    const ofAlerts = watched.flatMap(({ alert, condition }): Remark[] => {
      if (condition.operator !== '<' || direction(condition.operator) === undefined) return []
      // Bounded on this side by another alert that begins strictly above.
      const bounded = conditionsBeside(watched, alert).some(
        other => other.key === condition.key && direction(other.operator) === 'high',
      )
      const next = watched.find(
        other =>
          other.alert !== alert &&
          other.condition.key === condition.key &&
          other.condition.operator === '>' &&
          other.condition.threshold === condition.threshold,
      )
      if (!bounded || next === undefined) return []
      return [
        {
          ...spot(alert.file, alert.rule.expr),
          subject: `${alert.name} and ${next.alert.name}`,
          happens: `exactly ${condition.threshold} is neither below nor above: no alert fires`,
          advice: 'use <= or >= on one side',
        },
      ]
    })
    return [...ofPanels, ...ofAlerts]
  },
}

function conditionsBeside<Watched extends { alert: unknown; condition: unknown }>(
  watched: readonly Watched[],
  alert: unknown,
): Watched['condition'][] {
  return watched.filter(other => other.alert === alert).map(({ condition }) => condition)
}
