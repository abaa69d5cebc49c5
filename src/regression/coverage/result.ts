/** How something was shown: by a live run's record, by the engines without a drill, or not at all. */
export type Shown = 'live' | 'simulated' | 'no'

export interface AlertCoverage {
  readonly alert: string
  readonly file: string
  readonly line: number
  readonly fire: Shown
  readonly quiet: Shown
  readonly resolve: Shown
  /** Undefined without an Alertmanager configuration. */
  readonly delivered: Shown | undefined
}

export interface ItemCoverage {
  readonly what: 'route' | 'receiver' | 'inhibition' | 'time interval' | 'matcher'
  readonly name: string
  readonly file: string
  readonly line: number
  readonly shown: Shown
  /** What is missing. */
  readonly missing?: string
}

export interface CoverageReport {
  readonly alerts: readonly AlertCoverage[]
  readonly items: readonly ItemCoverage[]
  readonly covered: number
  readonly total: number
  /** 0 to 100. */
  readonly percent: number
  readonly notes: readonly string[]
}
