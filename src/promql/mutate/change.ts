import type { Edit } from '../edit.ts'

/** A change of a part, before it is made. */
export interface Change {
  readonly operator: string
  readonly edits: readonly Edit[]
  readonly meaning: string
  readonly equivalent?: string | undefined
}

/** What the mutators know of the rule around the expression. */
export interface Surroundings {
  readonly text: string
  /** Does a label or annotation show the value? Then equal firing is not equal meaning. */
  readonly showsValue: boolean
}
