import type { RuntimeName } from '../src/model/runtime.ts'
import type { Row } from './table.ts'

export interface BenchOptions {
  readonly runtime: RuntimeName
  /** Fewer repetitions, to see that it works. */
  readonly quick: boolean
  readonly signal: AbortSignal
}

export interface Bench {
  readonly summary: string
  /** Boots services: run once for each usable runtime. */
  readonly live: boolean
  run(options: BenchOptions): Promise<readonly Row[]>
}
