import { formatDuration } from '../../../model/duration.ts'
import { walk } from '../../../promql/walk.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

const NEEDS_TWO = /^(rate|irate|increase|delta|idelta|deriv|predict_linear|changes|resets)$/

export const rangeUnderTwoScrapes: Detector = {
  summary: 'a range too short to hold two scrapes',
  severity: 'high',
  needs: ['rules', 'prometheus'],
  detect({ alerts, prometheus }) {
    const interval = Math.min(...(prometheus?.jobs ?? []).map(({ scrapeInterval }) => scrapeInterval))
    if (!Number.isFinite(interval)) return []
    return alerts.flatMap(({ name, file, rule }): Remark[] => {
      const short = [...walk(rule.expression)].find(
        ({ node, ancestors: [call] }) =>
          node.type === 'matrix' &&
          call?.type === 'call' &&
          NEEDS_TWO.test(call.name) &&
          (node.range.seconds ?? interval * 2) < interval * 2,
      )
      if (short?.node.type !== 'matrix') return []
      return [
        {
          ...spot(file, rule.expr),
          subject: name,
          happens: `the range ${short.node.range.text} rarely holds the two samples that it needs at a scrape interval of ${formatDuration(interval)}: the alert hardly ever has a value`,
          advice: `use at least ${formatDuration(interval * 4)}`,
        },
      ]
    })
  },
}
