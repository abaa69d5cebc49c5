import type { PromtoolTest, TestFile } from '../promtool/test-file.ts'
import type { Failure } from '../promtool/verdicts.ts'
import type { Prepared } from './library.ts'

/** One test of a file, to be run with just the rules it needs. */
export interface Single {
  readonly file: TestFile
  readonly test: PromtoolTest
  readonly prepared: Prepared
}

/** A failure of promtool's that can be explained, and where the explanation goes. */
export interface Unexplained {
  readonly single: Single
  readonly failure: Failure
  readonly why: string[]
}
