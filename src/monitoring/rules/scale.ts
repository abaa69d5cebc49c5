import type { Problem } from '../../model/errors.ts'
import type { World } from '../../promql/scale.ts'

export interface ScaleRulesOptions {
  readonly timeScale: number
  /** Where a metric lives; undefined: unknown. Recorded series of the files are followed to their inputs before this is asked. */
  readonly world: (metric: string) => World | undefined
  /** Of groups that state none, drill seconds: written into them (scaled) only when given; else the global one counts. */
  readonly evaluationInterval?: number
}

export interface ScaledRuleFile {
  /** The author's file with durations scaled in place, comments kept; refused rules are commented out. */
  readonly text: string
  readonly refused: readonly { readonly alert: string; readonly reason: string; readonly line: number }[]
  readonly warnings: readonly Problem[]
}

/** Throws ScenarioError when the file cannot be read. */
export function scaleRuleFile(text: string, file: string, options: ScaleRulesOptions): ScaledRuleFile {
  throw new Error(`not built yet ${text} ${file} ${options.timeScale}`)
}
