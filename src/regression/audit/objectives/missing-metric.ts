import { nearest } from '../../../model/nearest.ts'
import { metricNames } from '../../../promql/walk.ts'
import { queriesOf } from '../facts/expressions.ts'
import { type Detector, type Remark, spot } from '../finding.ts'
import type { AuditInput } from '../input.ts'

/** Of a histogram or summary only the family is named. */
const PARTS = /_(bucket|sum|count)$/

export const missingMetric: Detector = {
  summary: 'rules and panels on metrics that nobody exports, and panels without a query',
  severity: 'high',
  needs: [],
  detect(input) {
    const empty = input.panels
      .filter(({ queries }) => queries.length === 0)
      .map(
        (panel): Remark => ({
          ...spot(panel.file, panel),
          subject: panel.title,
          severity: 'medium',
          happens: 'the panel has no query: there is no metric for what it promises to show',
          advice: 'export the metric, or remove the panel',
        }),
      )
    return [...empty, ...unknownMetrics(input)]
  },
}

function unknownMetrics(input: AuditInput): Remark[] {
  const offered = input.objectives?.metrics
  if (offered === undefined) return []
  const known = (metric: string): boolean =>
    offered.has(metric) ||
    offered.has(metric.replace(PARTS, '')) ||
    input.recorded.has(metric) ||
    /^(up|ALERTS|ALERTS_FOR_STATE|scrape_.*)$/.test(metric)
  return queriesOf(input).flatMap(({ kind, subject, expression, ...place }): Remark[] =>
    [...metricNames(expression)]
      .filter(metric => !known(metric))
      .map(metric => {
        const close = nearest(metric, offered.keys())
        return {
          ...spot(place.file, place),
          subject,
          severity: kind === 'alert' || kind === 'record' ? 'high' : 'medium',
          happens: `nobody exports ${metric}${close === undefined ? '' : ` (there is ${close})`}: ${kind === 'alert' ? 'the alert can never fire' : 'it shows nothing'}`,
          advice: 'export it, or correct the name',
        }
      }),
  )
}
