import { canBeSet, labelOf } from '../facts/labels.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

export const annotations: Detector = {
  summary: 'notifications that do not tell what, where and what now',
  severity: 'low',
  needs: ['rules'],
  detect({ alerts, labels }) {
    return alerts.flatMap((alert): Remark[] => {
      const { rule, file } = alert
      const remarks: Remark[] = []
      const texts = Object.entries(rule.annotations)
      if (!texts.some(([key]) => /runbook|playbook|dashboard/i.test(key)))
        remarks.push({
          ...spot(file, rule.namePlace),
          subject: alert.name,
          happens: 'whoever is woken finds no link to what to do',
          advice: 'add the annotation runbook_url',
        })
      const [key] = texts.find(([, text]) => /\{\{\s*\$value\s*\}\}/.test(text)) ?? []
      if (key !== undefined)
        remarks.push({
          ...spot(file, rule.annotationPlaces[key] ?? rule.namePlace),
          subject: alert.name,
          happens: `${key} prints the value with all its digits (8.333333333333334)`,
          advice: '{{ $value | humanize }}, humanizeDuration or printf "%.1f" $value',
        })
      if (
        texts.length > 0 &&
        !texts.some(([, text]) => /\$labels|\.Labels/.test(text)) &&
        canBeSet(labelOf(alert, 'instance', labels))
      )
        remarks.push({
          ...spot(file, rule.namePlace),
          subject: alert.name,
          happens: 'no annotation says which instance it is about',
          advice: 'name {{ $labels.instance }} in the summary',
        })
      return remarks
    })
  },
}
