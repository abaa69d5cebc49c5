import type { Address } from '../../model/abilities.ts'
import type { Labels } from '../../model/timeline.ts'

export interface ScrapeTarget {
  readonly job: string
  readonly instance: string
  readonly address: Address
  readonly path: string
}

export interface ComposeOptions {
  readonly targets: readonly ScrapeTarget[]
  /** Drill seconds. */
  readonly scrapeInterval: number
  readonly evaluationInterval: number
  readonly timeScale: number
  readonly alertmanagers: readonly Address[]
  /** Paths as the engine sees them; already scaled. */
  readonly ruleFiles: readonly string[]
  readonly externalLabels: Labels
  /** The user's own prometheus.yml: its jobs keep names, intervals, paths and relabelling while their targets are replaced. */
  readonly userFile?: { readonly file: string; readonly text: string }
}

export interface ComposedPrometheus {
  readonly text: string
  /** `--query.lookback-delta=...` and the like, scaled. */
  readonly flags: readonly string[]
  readonly notes: readonly string[]
}

/** Throws ScenarioError when the user's file cannot be read. */
export function composePrometheus(options: ComposeOptions): ComposedPrometheus {
  throw new Error(`not built yet ${options.timeScale}`)
}
