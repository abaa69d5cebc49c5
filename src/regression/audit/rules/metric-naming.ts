import { metricName, selectors, walk } from '../../../promql/walk.ts'
import { queriesOf } from '../facts/expressions.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

const COUNTED = new Set(['rate', 'irate', 'increase'])
/** Names that others chose and that everybody knows. */
const WELL_KNOWN = /^(node|pg|redis|prometheus|alertmanager|probe|process|go|kube|container|mysql|up$|ALERTS|scrape)_?/

export const metricNaming: Detector = {
  summary: 'metric names against the conventions of Prometheus',
  severity: 'low',
  needs: [],
  detect(input) {
    const types = input.objectives?.metrics
    const remarks = new Map<string, Remark>()
    const look = (metric: string, type: string, place: { file: string; line: number; column: number }): void => {
      const fault = faultOf(metric, type)
      if (fault === undefined || WELL_KNOWN.test(metric) || metric.includes(':') || remarks.has(metric)) return
      remarks.set(metric, {
        ...spot(place.file, place),
        subject: metric,
        happens: fault,
        advice: 'rename it while nothing depends on it',
      })
    }
    for (const [metric, { type, line, column }] of input.objectives?.metrics ?? [])
      look(metric, type === 'counter' ? 'declared counter' : type, { file: input.objectives?.file ?? '', line, column })
    for (const query of queriesOf(input)) {
      const counted = new Set(
        [...walk(query.expression)].flatMap(({ node }) =>
          node.type === 'call' && COUNTED.has(node.name)
            ? node.args.flatMap(selectors).flatMap(found => metricName(found) ?? [])
            : [],
        ),
      )
      for (const metric of selectors(query.expression).flatMap(found => metricName(found) ?? []))
        if (!input.recorded.has(metric))
          look(metric, types?.get(metric)?.type ?? (counted.has(metric) ? 'counter' : 'unknown'), query)
    }
    return remarks.values()
  },
}

function faultOf(metric: string, type: string): string | undefined {
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric))
    return 'the name is not valid in Prometheus 2 and must be quoted in Prometheus 3: exporters turn it into another one'
  if (type.endsWith('counter') && !/(_total|_sum|_count|_bucket)$/.test(metric))
    return 'a counter without _total reads as a gauge, and somebody will alert on its raw value'
  if (type === 'declared counter' && /_count$/.test(metric))
    return 'a counter that ends in _count reads as part of a histogram'
  if (type === 'gauge' && metric.endsWith('_total'))
    return 'a gauge that ends in _total reads as a counter, and somebody will take its rate'
  if (/_(ms|milliseconds|microseconds|minutes|hours|days)(_total)?$/.test(metric))
    return 'durations are given in seconds: a threshold in another unit will be mistaken sooner or later'
  if (/_(percent|pct)$/.test(metric))
    return 'ratios are given from 0 to 1: a threshold of 0.9 on a percentage never rings'
  if (/_(kb|mb|gb|kilobytes|megabytes|gigabytes)$/.test(metric)) return 'sizes are given in bytes'
  if (/_timestamp$/.test(metric))
    return 'an instant is given as _timestamp_seconds: without the unit somebody will export milliseconds'
  return undefined
}
