/** Where something stands in a file; line and column count from 1, offsets from 0. */
export interface Place {
  readonly line: number
  readonly column: number
  readonly from: number
  readonly to: number
}

/** A value of a file and where it stands. */
export interface Located<T> extends Place {
  readonly value: T
}
