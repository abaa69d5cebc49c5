import { Counter, Gauge, Registry } from 'prom-client'
import type { MetricFamily } from '../model/test-metrics.ts'

/** Metric families in prom-client's registry, which knows the exposition format and its escaping. */
export function registryOf(families: readonly MetricFamily[]): Registry {
  const registry = new Registry()
  for (const { name, help, type, samples } of families) {
    const labelNames = [...new Set(samples.flatMap(({ labels }) => Object.keys(labels)))]
    const options = { name, help, labelNames, registers: [registry] }
    if (type === 'counter') {
      const counter = new Counter(options)
      for (const { labels, value } of samples) counter.inc(labels, value)
    } else {
      const gauge = new Gauge(options)
      for (const { labels, value } of samples) gauge.set(labels, value)
    }
  }
  return registry
}
