import type { Objectives, ReportField } from '../../model/record.ts'

/** A file as it was read; `text` is what the hashes and diffs of the record are about. */
export interface SourceFile {
  /** Path as people should read it, relative to the working directory where that is shorter. */
  readonly file: string
  readonly path: string
  readonly text: string
}

/** One mapping with `kind:`, decoded: `spec` is the output of the kind's own zod object. */
export interface Chosen {
  readonly kind: string
  readonly spec: unknown
  /** Where it stands, `file:line:column`, for messages. */
  readonly place: string
}

export interface LoadedService extends Chosen {
  readonly name: string
}

export interface LoadedProbe extends Chosen {
  readonly name: string
  /** Wall milliseconds. */
  readonly everyMs: number
}

/** How often and how long an expectation is looked at; drill seconds since the fault (in `after`: since recovery). */
export type Timing =
  | { readonly when: 'now' }
  | { readonly when: 'within'; readonly until: number }
  | { readonly when: 'between'; readonly from: number; readonly until: number }
  | { readonly when: 'throughout'; readonly until: number }
  | { readonly when: 'never'; readonly until: number | 'end' }

export interface TimedExpectation extends Chosen {
  readonly timing: Timing
  /** The YAML as written, on one line, for people. */
  readonly text: string
}

export interface LoadedFault extends Chosen {
  readonly name: string
  /** Drill seconds after zero at which it is injected; faults without it are injected in order at zero. */
  readonly at: number
}

export interface LoadedStep extends Chosen {
  readonly name: string
  /** Wall seconds until the step counts as hanging. */
  readonly limit: number
}

export interface LoadedScenario {
  readonly source: SourceFile
  readonly name: string
  readonly title: string
  readonly system: string
  readonly rationale?: string
  readonly monitoring: {
    readonly rules: readonly SourceFile[]
    readonly alertmanager?: SourceFile
    /** The user's own prometheus.yml; its jobs keep names, intervals and relabelling. */
    readonly prometheus?: SourceFile
    /** Template files that the Alertmanager file names. */
    readonly templates: readonly SourceFile[]
    /** Drill seconds. */
    readonly scrapeInterval: number
    readonly evaluationInterval: number
    readonly externalLabels: Readonly<Record<string, string>>
  }
  readonly timeScale: number | 'auto'
  readonly services: readonly LoadedService[]
  readonly probes: readonly LoadedProbe[]
  readonly steady: readonly TimedExpectation[]
  /** Drill seconds that the steady state must hold before anything is broken. */
  readonly steadyFor: number
  readonly faults: readonly LoadedFault[]
  readonly expect: readonly TimedExpectation[]
  readonly recover: readonly LoadedStep[]
  readonly after: readonly TimedExpectation[]
  readonly objectives: Objectives
  /** Drill seconds that `never: true` is observed for when nothing else takes longer. */
  readonly observe: number
}

export interface LoadedDrill {
  readonly source?: SourceFile
  readonly name: string
  readonly title: string
  readonly scenarios: readonly LoadedScenario[]
  readonly formats: readonly string[]
  readonly report: Readonly<Partial<Record<ReportField, string | readonly string[]>>>
  readonly schedule?: { readonly cron: string; readonly timezone: string }
}
