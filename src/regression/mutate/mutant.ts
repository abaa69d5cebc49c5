/** One change of a rule file or an Alertmanager file. */
export interface Mutant {
  /** `threshold`, `for`, `route removed` ... */
  readonly operator: string
  /** The alert, recording rule or route that it changes. */
  readonly subject: string
  readonly file: string
  readonly line: number
  /** To follow "nobody would notice if ". */
  readonly meaning: string
}

/** What came of it. */
export type Fate =
  | { readonly fate: 'killed'; readonly by: string }
  | { readonly fate: 'survived' }
  /** Cannot change what the file means, or cannot be asked; not counted. */
  | { readonly fate: 'not counted'; readonly reason: string }

export interface MutationReport {
  readonly mutants: readonly (Mutant & Fate)[]
  readonly subjects: readonly {
    readonly subject: string
    readonly file: string
    readonly killed: number
    readonly total: number
  }[]
  readonly killed: number
  readonly total: number
  /** 0 to 100; 100 when there is nothing to kill. */
  readonly percent: number
  readonly seconds: number
  readonly notes: readonly string[]
}
