import type { AlertmanagerConfig } from '../../../monitoring/alertmanager/read.ts'
import { allRoutes } from '../../../monitoring/alertmanager/read.ts'
import { canBeSet, labelOf } from '../facts/labels.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

interface Use {
  readonly label: string
  readonly line: number
  readonly column: number
  readonly where: string
  readonly happens: string
}

export const labelNeverEmitted: Detector = {
  summary: 'a label that routes, grouping or inhibitions use and no rule emits',
  severity: 'medium',
  needs: ['rules', 'alertmanager'],
  detect({ alertmanager, alerts, labels }) {
    if (alertmanager === undefined || alerts.length === 0) return []
    return usesOf(alertmanager).flatMap((use): Remark[] => {
      if (alerts.some(alert => canBeSet(labelOf(alert, use.label, labels)))) return []
      return [
        {
          ...spot(alertmanager.file, use),
          subject: `${use.label} in ${use.where}`,
          happens: `no rule sets ${use.label}, no series of theirs carries it and it is no external label: ${use.happens}`,
          advice: 'add the label to the rules or to external_labels, or take it out here',
        },
      ]
    })
  },
}

function usesOf(config: AlertmanagerConfig): Use[] {
  const routes = allRoutes(config.route)
  return [
    ...routes.flatMap(({ path, groupBy = [] }) =>
      groupBy
        .filter(({ value }) => value !== '...')
        .map(({ value, line, column }) => ({
          label: value,
          line,
          column,
          where: `group_by of ${path}`,
          happens: 'it groups nothing, so unrelated alerts share one notification',
        })),
    ),
    ...routes.flatMap(({ path, matchers }) =>
      matchers
        .filter(({ operator, value }) => operator === '=' && value !== '')
        .map(({ label, place }) => ({ label, ...place, where: path, happens: 'the route takes no alert' })),
    ),
    ...config.inhibitRules.flatMap(({ source, target, equal, line, column }) => [
      ...[...source, ...target]
        .filter(({ operator, value }) => operator === '=' && value !== '')
        .map(({ label, place }) => ({ label, ...place, where: 'an inhibition', happens: 'it inhibits nothing' })),
      ...equal.map(label => ({
        label,
        line,
        column,
        where: 'equal of an inhibition',
        happens: 'it counts as equal for all alerts, so one alert silences those of other systems too',
      })),
    ]),
  ]
}
