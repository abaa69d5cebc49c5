import type { Problem } from '../../model/errors.ts'
import type { Expression } from '../../promql/tree.ts'
import type { Located, Place } from '../located.ts'

/** A Prometheus rule file (or the `spec:` of a PrometheusRule), with the place of everything. Durations are seconds. */
export interface RuleFile {
  readonly file: string
  readonly text: string
  readonly groups: readonly RuleGroup[]
}

export interface RuleGroup extends Place {
  readonly name: string
  readonly interval?: Located<number>
  readonly queryOffset?: Located<number>
  readonly limit?: number
  /** Labels of the group (Prometheus 3). */
  readonly labels: Readonly<Record<string, string>>
  readonly rules: readonly Rule[]
}

export type Rule = AlertRule | RecordingRule

interface RuleBase extends Place {
  readonly group: string
  readonly expr: Located<string>
  readonly expression: Expression
  /** Without those of the group. */
  readonly labels: Readonly<Record<string, string>>
  readonly labelPlaces: Readonly<Record<string, Place>>
}

export interface AlertRule extends RuleBase {
  readonly kind: 'alert'
  readonly name: string
  readonly namePlace: Place
  readonly for?: Located<number>
  readonly keepFiringFor?: Located<number>
  readonly annotations: Readonly<Record<string, string>>
  readonly annotationPlaces: Readonly<Record<string, Place>>
}

export interface RecordingRule extends RuleBase {
  readonly kind: 'record'
  readonly name: string
  readonly namePlace: Place
}

/** Everything that can be read, and every problem. A rule with a problem is left out. Never throws. */
export function readRuleFile(text: string, file: string): { file: RuleFile; problems: readonly Problem[] } {
  throw new Error(`not built yet ${text} ${file}`)
}
export function alertRules(file: RuleFile): readonly AlertRule[] {
  return file.groups.flatMap(group => group.rules).filter(rule => rule.kind === 'alert')
}
export function recordingRules(file: RuleFile): readonly RecordingRule[] {
  return file.groups.flatMap(group => group.rules).filter(rule => rule.kind === 'record')
}
