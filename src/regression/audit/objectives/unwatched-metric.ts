import { metricNames } from '../../../promql/walk.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

const TELLING = /fail|error|rto|rpo|success_rate|queue|failover|exhaust|reject|evict|score/i

export const unwatchedMetric: Detector = {
  summary: 'a metric that tells of failures and that no alert reads',
  severity: 'medium',
  needs: ['rules', 'objectives'],
  detect({ objectives, alerts, recorded }) {
    const read = new Set<string>()
    const add = (metric: string): void => {
      if (read.has(metric)) return
      read.add(metric)
      read.add(metric.replace(/_(bucket|sum|count)$/, ''))
      for (const rule of recorded.get(metric) ?? []) for (const inner of metricNames(rule.expression)) add(inner)
    }
    for (const { rule } of alerts) for (const metric of metricNames(rule.expression)) add(metric)
    const remarks: Remark[] = []
    for (const [metric, place] of objectives?.metrics ?? [])
      if (TELLING.test(metric) && !read.has(metric))
        remarks.push({
          ...spot(objectives?.file ?? '', place),
          subject: metric,
          happens: 'it is exported and no alert reads it: what it tells is only found out by looking',
          advice: 'write an alert on it, or say with a disable comment why none is needed',
        })
    return remarks
  },
}
