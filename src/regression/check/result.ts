import type { Verdict } from '../../model/verdict.ts'
import type { CheckFile } from './collect.ts'

/** The name of what was asked as a whole, or not taken as a whole. */
export const WHOLE_FILE = 'the whole file'

/** One proof: a promtool test, a simulated scenario or a route test. */
export interface Checked {
  readonly kind: 'rules' | 'scenario' | 'routes'
  readonly file: string
  readonly line: number
  readonly name: string
  readonly verdict: Verdict
  /** The engine did not take the file: the author's error, not a verdict on the rules. */
  readonly refused?: true
  readonly failures: readonly CheckFailure[]
  /** What was not judged here, and why. */
  readonly notes: readonly string[]
  /** The answer of an earlier check of the same content. */
  readonly cached?: true
}

export interface CheckFailure {
  readonly file: string
  readonly line: number
  /** One sentence: subject, expected, seen. */
  readonly message: string
  /** Side by side, one line per alert or sample. */
  readonly expected?: string
  readonly actual?: string
  /** How it came about: the value of each part of the expression, the path through the route tree. */
  readonly why: readonly string[]
}

/** The answers for one file. */
export interface Judged {
  readonly file: CheckFile
  readonly checked: readonly Checked[]
  /** Patterns, relative to the file, of the files that the answers depend on. */
  readonly named: readonly string[]
  /** Why it holds nothing that can be judged here. */
  readonly skipped?: string
}

export interface CheckReport {
  readonly checked: readonly Checked[]
  /** Files that were looked at and hold nothing to check, with the reason; shown, never counted. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[]
  readonly seconds: number
}
