import type { Evidence, Finding } from './finding.ts'
import type { ProgramFacts, RuntimeName } from './runtime.ts'
import type { ExpectationList, TimelineEvent } from './timeline.ts'
import type { Verdict } from './verdict.ts'

/** The only input of every report, metric and page. Written as record.json; `version` rises when a field changes its meaning. */
export interface RunRecord {
  readonly version: 1
  readonly run: string
  readonly drill: DrillFacts
  /** Wall milliseconds since the epoch. */
  readonly startedAt: number
  readonly endedAt: number
  readonly verdict: Verdict
  /** Set when the run was interrupted or failed as a whole. */
  readonly failure?: { readonly message: string; readonly exitCode: number }
  readonly machine: {
    readonly platform: string
    readonly cores: number
    readonly memoryBytes: number
    readonly node: string
    readonly hostname: string
  }
  readonly harness: { readonly version: string; readonly commit?: string; readonly dirty?: boolean }
  readonly runtime: RuntimeName
  readonly scenarios: readonly ScenarioRecord[]
}

export interface DrillFacts {
  readonly name: string
  readonly title: string
  readonly file?: string
  /** What only people know; an absent field prints NOT PROVIDED. */
  readonly report: Readonly<Partial<Record<ReportField, string | readonly string[]>>>
  readonly schedule?: { readonly cron: string; readonly timezone: string }
  readonly previousRun?: { readonly run: string; readonly startedAt: number; readonly verdict: Verdict }
  readonly nextDue?: number
}

export const reportFields = [
  'lead',
  'approver',
  'participants',
  'planVersion',
  'scope',
  'exclusions',
  'testType',
  'controls',
  'riskAssessment',
  'thirdParties',
  'correctiveActions',
  'retention',
  'assumptions',
] as const
export type ReportField = (typeof reportFields)[number]

export interface ScenarioRecord {
  readonly scenario: string
  readonly file: string
  readonly title: string
  readonly system: string
  readonly rationale?: string
  readonly verdict: Verdict
  readonly startedAt: number
  readonly endedAt: number
  readonly timeScale: number
  /** Why this K: what was asked, what limited it, earlier attempts. */
  readonly timeScaleReason: string
  readonly attempts: readonly { readonly timeScale: number; readonly verdict: Verdict; readonly message: string }[]
  readonly services: readonly {
    readonly name: string
    readonly kind: string
    readonly facts: readonly ProgramFacts[]
  }[]
  /** Monitoring files: path, SHA-256 of the original, the diff to what was run. */
  readonly configuration: readonly {
    readonly file: string
    readonly sha256: string
    readonly diff: string
    readonly notes: readonly string[]
  }[]
  readonly objectives: Objectives
  readonly measures: readonly Measure[]
  readonly findings: readonly RecordedFinding[]
  readonly steps: readonly StepRecord[]
  readonly faults: readonly {
    readonly name: string
    readonly kind: string
    readonly injectedAt?: number
    readonly rolledBackAt?: number
    readonly evidence: readonly Evidence[]
  }[]
  readonly probes: readonly {
    readonly name: string
    readonly kind: string
    readonly service?: string
    readonly everyMs: number
  }[]
  readonly timeline: readonly TimelineEvent[]
  readonly fidelity: Finding
  /** Errors of the harness itself; then the verdict is unknown at best. */
  readonly errors: readonly { readonly message: string; readonly advice?: string; readonly lastLog?: string }[]
  readonly damage: readonly { readonly what: string; readonly undo: string }[]
}

/** Drill seconds for detect and notify, wall seconds for rto and rpo. */
export type Objectives = Readonly<Partial<Record<'detect' | 'notify' | 'rto' | 'rpo', number>>>

export type MeasureName =
  | 'timeToDetect'
  | 'timeToNotify'
  | 'recoveryTime'
  | 'dataLossRows'
  | 'dataLossSeconds'
  | 'stepTime'
  | 'timeToRestored'

export interface Measure {
  readonly name: MeasureName
  /** The alert, probe or step that it is about. */
  readonly subject: string
  readonly time: 'drill' | 'wall'
  readonly unit: 'seconds' | 'rows'
  /** Absent when it could not be taken; then `reason` says why and the verdict is unknown. */
  readonly value?: number
  /** Half-width or bound of the error, same unit. */
  readonly error?: number
  readonly objective?: number
  readonly verdict: Verdict
  readonly reason?: string
  /** Named parts of a composed figure. */
  readonly parts?: readonly { readonly name: string; readonly value: number; readonly time: 'drill' | 'wall' }[]
}

export interface RecordedFinding extends Finding {
  readonly list: ExpectationList
  readonly index: number
  readonly kind: string
  /** The expectation as written, for people. */
  readonly expectation: string
  readonly at: number
}

export interface StepRecord {
  readonly step: number
  readonly action: string
  readonly name: string
  readonly startedAt: number
  readonly endedAt?: number
  readonly outcome: 'done' | 'failed' | 'not run'
  readonly message?: string
  readonly evidence: readonly Evidence[]
}

export interface ReportFormat {
  readonly summary: string
  readonly file: string
  readonly contentType: string
  render(record: RunRecord): string | Promise<string | Uint8Array>
}
