import type { Address } from '../../model/abilities.ts'

export interface RewriteOptions {
  readonly timeScale: number
  /** The inbox, without a slash at the end: `http://127.0.0.1:4000`. */
  readonly httpUrl: string
  readonly smtp: Address
  /** Where the template files are for the engine, by the path in the user's file; a missing one keeps its path. */
  readonly templates?: Readonly<Record<string, string>>
}

export interface RewrittenAlertmanager {
  readonly text: string
  /** What was changed beyond addresses and durations (PagerDuty v1 to v2 ...). */
  readonly notes: readonly string[]
  readonly receivers: readonly {
    readonly receiver: string
    /** `path`: below httpUrl, each part URI-encoded: `/dr_critical/pagerduty/0`. Mail carries it in the header X-Genesis-Receiver. */
    readonly integrations: readonly {
      readonly kind: string
      readonly index: number
      readonly path: string
      readonly sendResolved: boolean
    }[]
  }[]
  /** How many secrets of the original were taken out. */
  readonly secretsRemoved: number
}

/** Throws ScenarioError when the file cannot be read. */
export function rewriteForRun(text: string, file: string, options: RewriteOptions): RewrittenAlertmanager {
  throw new Error(`not built yet ${text} ${file} ${options.timeScale}`)
}
