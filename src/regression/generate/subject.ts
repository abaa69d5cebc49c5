import { formatDuration } from '../../model/duration.ts'
import type { AlertRule, RecordingRule } from '../../monitoring/rules/read.ts'
import type { Recording } from '../../promql/solve/recordings.ts'
import type { Notation } from '../../promql/solve/timeline.ts'
import type { Pace } from './pace.ts'

/** A rule for which tests are wanted. */
export interface Tested {
  readonly file: string
  /** As a test file in the output names its rule files. */
  readonly ruleFiles: readonly string[]
  /** The same, as they are reached from here. */
  readonly rulePaths: readonly string[]
  /**
   * The text of a rule file with the rules that decide a test with these series, those that could fail by them included. `furthest`: only
   * those of the latter that look no further back, seconds.
   */
  rulesFor(series: readonly Notation[], furthest?: number): string
  /** Names of its groups, those that record before those that alert; undefined when there is only one. */
  readonly order: readonly string[] | undefined
  readonly recordings: ReadonlyMap<string, readonly Recording[]>
}

export interface Subject extends Tested {
  readonly rule: AlertRule
  /** The rules that it needs, without other alerts of its name: their firing says nothing of it. Undefined when there are none. */
  readonly rulesAlone: string | undefined
}

export interface RecordingSubject extends Tested {
  readonly rule: RecordingRule
}

/** What stands above the tests. promtool evaluates groups without an order in any. */
export function headOf(pace: Pace, order: readonly string[] | undefined): string[] {
  return [
    `evaluation_interval: ${formatDuration(pace.evaluation)}`,
    ...(order === undefined ? [] : [`group_eval_order: ${JSON.stringify(order)}`]),
  ]
}
