import type { Expression } from '../../../promql/tree.ts'
import { metricName, selectors, unwrap, walk } from '../../../promql/walk.ts'
import type { Alert } from '../facts/alerts.ts'
import { type Detector, some, spot } from '../finding.ts'

export const resolvesWhenTargetDies: Detector = {
  summary: 'an alert that resolves by itself when its exporter dies',
  severity: 'medium',
  needs: ['rules'],
  detect({ alerts }) {
    const watched = watchedAbsences(alerts)
    return alerts
      .map(alert => ({
        alert,
        metrics: new Set(selectors(alert.rule.expression).flatMap(selector => metricName(selector) ?? [])),
      }))
      .filter(({ alert, metrics }) => metrics.size > 0 && !watchesAbsence(alert.rule.expression))
      .filter(({ metrics }) => !watched.up && ![...metrics].some(metric => watched.metrics.has(metric)))
      .map(({ alert, metrics }) => ({
        ...spot(alert.file, alert.rule.expr),
        subject: alert.name,
        severity: alert.rule.labels['severity'] === 'critical' ? ('high' as const) : ('medium' as const),
        happens: `when what exports ${some(metrics, 2)} dies, the series end within five minutes and the alert resolves as if all were well; no rule watches up or the absence of the metric`,
        advice: `add a rule on up == 0 of the job, or on absent(${[...metrics][0]})`,
      }))
  },
}

/** What some rule notices when it is gone: any target, or named metrics. */
export function watchedAbsences(alerts: readonly Alert[]): { up: boolean; metrics: ReadonlySet<string> } {
  const metrics = new Set<string>()
  let up = false
  for (const { rule } of alerts)
    for (const { node } of walk(rule.expression)) {
      if (node.type === 'call' && /^absent/.test(node.name))
        for (const selector of node.args.flatMap(selectors)) metrics.add(metricName(selector) ?? '')
      if (node.type === 'binary' && ['==', '<', '!=', '<='].includes(node.operator)) {
        const inner = unwrap(node.left)
        up ||= selectors(inner).some(selector => metricName(selector) === 'up')
      }
    }
  return { up: up || metrics.has('up'), metrics }
}

function watchesAbsence(expression: Expression): boolean {
  return [...walk(expression)].some(
    ({ node }) =>
      (node.type === 'call' && /^(absent|vector$)/.test(node.name)) ||
      (node.type === 'selector' && metricName(node) === 'up'),
  )
}
