import {
  type AlertRule,
  type RecordingRule,
  type RuleFile,
  type RuleGroup,
  recordingRules,
} from '../../../monitoring/rules/read.ts'

/** An alert rule with its surroundings. */
export interface Alert {
  readonly name: string
  readonly rule: AlertRule
  readonly group: RuleGroup
  readonly file: string
}

export function alertsOf(files: readonly RuleFile[]): Alert[] {
  return files.flatMap(({ file, groups }) =>
    groups.flatMap(group =>
      group.rules.flatMap(rule => (rule.kind === 'alert' ? [{ name: rule.name, rule, group, file }] : [])),
    ),
  )
}

export function recordedBy(files: readonly RuleFile[]): Map<string, RecordingRule[]> {
  const recorded = new Map<string, RecordingRule[]>()
  for (const rule of files.flatMap(recordingRules)) recorded.set(rule.name, [...(recorded.get(rule.name) ?? []), rule])
  return recorded
}
