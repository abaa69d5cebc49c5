import type { Verdict } from './verdict.ts'

/** What a finding or an action shows for what it says. Values are plain data and already free of secrets. */
export type Evidence =
  | { readonly kind: 'text'; readonly title: string; readonly text: string }
  | {
      readonly kind: 'values'
      readonly title: string
      readonly values: Readonly<Record<string, string | number | boolean | null>>
    }
  | {
      readonly kind: 'table'
      readonly title: string
      readonly columns: readonly string[]
      readonly rows: readonly (readonly (string | number | null)[])[]
    }
  | { readonly kind: 'json'; readonly title: string; readonly value: unknown }

/** The outcome of one expectation. */
export interface Finding {
  readonly verdict: Verdict
  /** One sentence: subject, expected, seen. */
  readonly message: string
  readonly evidence: readonly Evidence[]
}
