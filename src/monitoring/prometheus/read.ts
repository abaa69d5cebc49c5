import type { Problem } from '../../model/errors.ts'
import type { Labels } from '../../model/timeline.ts'
import type { Located, Place } from '../located.ts'

export interface ScrapeJob extends Place {
  readonly name: string
  /** Seconds, the global one where the job states none. */
  readonly scrapeInterval: number
  readonly scrapeTimeout: number
  readonly metricsPath: string
  readonly targets: readonly Located<string>[]
  readonly labels: Labels
}

/** A prometheus.yml; durations in seconds. */
export interface PrometheusConfig {
  readonly file: string
  readonly text: string
  readonly scrapeInterval: number
  readonly evaluationInterval: number
  readonly externalLabels: Labels
  readonly ruleFiles: readonly Located<string>[]
  readonly alertmanagers: readonly Located<string>[]
  readonly jobs: readonly ScrapeJob[]
}

/** Everything that can be read, and every problem. Never throws. */
export function readPrometheus(text: string, file: string): { config: PrometheusConfig; problems: readonly Problem[] } {
  throw new Error(`not built yet ${text} ${file}`)
}
