import type { ReportFormat } from '../model/record.ts'
import { testMetrics } from '../model/test-metrics.ts'
import { registryOf } from './exposition.ts'

/** This run alone; `genesis-drill metrics` gives the same families over the whole archive. */
export const metrics: ReportFormat = {
  summary: 'the metrics of this run in the Prometheus text format',
  file: 'metrics.prom',
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  render: record => registryOf(testMetrics(record.scenarios)).metrics(),
}
