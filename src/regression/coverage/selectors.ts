import type { RuleFile } from '../../monitoring/rules/read.ts'
import { accepts } from '../../promql/regex.ts'
import { parseSeriesName, type SeriesName } from '../../promql/series-notation.ts'
import { metricName, selectors } from '../../promql/walk.ts'
import type { ItemCoverage } from './result.ts'

/** Which label matchers in rules are shown to matter: a played series of the metric that each takes, and one that it keeps out. */
export function selectorCoverage(rules: readonly RuleFile[], played: readonly string[]): ItemCoverage[] {
  const byMetric = new Map<string, SeriesName[]>()
  for (const text of new Set(played)) {
    const series = parseSeriesName(text)
    if (!('error' in series)) byMetric.set(series.metric, [...(byMetric.get(series.metric) ?? []), series])
  }
  return rules.flatMap(({ file, groups }) =>
    groups.flatMap(group =>
      group.rules.flatMap(rule => {
        const seen = new Set<string>()
        return selectors(rule.expression).flatMap(selector => {
          const metric = metricName(selector)
          return selector.matchers.flatMap((matcher): ItemCoverage[] => {
            const text = `${metric ?? ''}{${matcher.label}${matcher.operator}${JSON.stringify(matcher.value)}}`
            // Series that the rules themselves make have the labels that the rules give them.
            if (matcher.label === '__name__' || metric === undefined || /^ALERTS/.test(metric) || seen.has(text))
              return []
            seen.add(text)
            const values = (byMetric.get(metric) ?? []).map(({ labels }) => labels[matcher.label] ?? '')
            const takes = values.some(value => accepts(matcher, value))
            const refuses = values.some(value => !accepts(matcher, value))
            const name = `${rule.name} ${text}`
            if (takes && refuses) return [{ what: 'matcher', name, file, line: rule.expr.line, shown: 'simulated' }]
            const missing = takes ? 'no test plays a series that it keeps out' : 'no test plays a series that it takes'
            return [{ what: 'matcher', name, file, line: rule.expr.line, shown: 'no', missing }]
          })
        })
      }),
    ),
  )
}
