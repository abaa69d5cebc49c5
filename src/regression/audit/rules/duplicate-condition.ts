import { formatMatcher } from '../../../monitoring/alertmanager/matchers.ts'
import type { AlertmanagerConfig } from '../../../monitoring/alertmanager/read.ts'
import type { Alert } from '../facts/alerts.ts'
import { alternatives, type Condition, conditions, direction } from '../facts/conditions.ts'
import { canMatch, type LabelFacts, labelOf } from '../facts/labels.ts'
import { secondsPerUnit } from '../facts/units.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

interface Watch {
  readonly index: number
  readonly alert: Alert
  readonly condition: Condition
  /** Of a lone duration metric: its threshold in seconds. */
  readonly seconds: number | undefined
}

export const duplicateCondition: Detector = {
  summary: 'two alerts on one condition, and no inhibition between them',
  severity: 'medium',
  needs: ['rules'],
  detect({ alerts, alertmanager, labels }) {
    const watches = alerts.flatMap((alert, index): Watch[] => {
      const [only, ...others] = alternatives(alert.rule.expression).map(conditions)
      const condition = only?.[0]
      return others.length > 0 || only?.length !== 1 || condition === undefined
        ? []
        : [{ index, alert, condition, seconds: inSeconds(condition) }]
    })
    const remarks: Remark[] = []
    const sameKey = Map.groupBy(watches, ({ condition }) => condition.key)
    const sameSeconds = Map.groupBy(watches, ({ seconds }) => seconds)
    for (const later of watches) {
      const alike = later.seconds === undefined ? [] : (sameSeconds.get(later.seconds) ?? [])
      for (const earlier of new Set([...(sameKey.get(later.condition.key) ?? []), ...alike])) {
        if (earlier.index >= later.index) continue
        const how = overlap(earlier, later)
        if (how === undefined || inhibited(earlier.alert, later.alert, alertmanager, labels)) continue
        remarks.push({
          ...spot(later.alert.file, later.alert.rule.expr),
          subject: `${later.alert.name} and ${earlier.alert.name}`,
          severity: how === 'alike' ? 'low' : 'medium',
          happens: HAPPENS[how](earlier.alert.name, later.alert.name),
          advice: `inhibit one while the other fires (source ${formatMatcher({ label: 'alertname', operator: '=', value: later.alert.name })}), or keep one of them`,
        })
      }
    }
    return remarks
  },
}

type Overlap = 'same' | 'within' | 'alike'
const HAPPENS: Readonly<Record<Overlap, (earlier: string, later: string) => string>> = {
  same: earlier => `it has the condition of ${earlier}: one fault notifies twice`,
  within: (earlier, later) =>
    `whenever the stricter of ${earlier} and ${later} fires, the other fires too, and no inhibition keeps it quiet`,
  alike: earlier =>
    `its threshold is that of ${earlier} in another unit: if both measure the same thing, one fault notifies twice`,
}

function inSeconds({ base, threshold }: Condition): number | undefined {
  const unit = secondsPerUnit(base)
  return unit === undefined || threshold === 0 ? undefined : unit * threshold
}

function overlap({ condition: a, ...first }: Watch, { condition: b, ...second }: Watch): Overlap | undefined {
  if (a.key === b.key && a.operator === b.operator && a.threshold === b.threshold) return 'same'
  const way = direction(a.operator)
  if (way === undefined || way !== direction(b.operator)) return undefined
  if (a.key === b.key) return 'within'
  return first.seconds !== undefined && first.seconds === second.seconds ? 'alike' : undefined
}

function inhibited(a: Alert, b: Alert, config: AlertmanagerConfig | undefined, facts: LabelFacts): boolean {
  const has = (
    alert: Alert,
    matchers: readonly { label: string; operator: '=' | '!=' | '=~' | '!~'; value: string }[],
  ) => matchers.every(matcher => canMatch(labelOf(alert, matcher.label, facts), matcher))
  return (config?.inhibitRules ?? []).some(
    ({ source, target }) => (has(a, source) && has(b, target)) || (has(b, source) && has(a, target)),
  )
}
