import type { Node } from 'yaml'
import type { Problem } from '../../model/errors.ts'
import { parsePromql } from '../../promql/parse.ts'
import type { Expression } from '../../promql/tree.ts'
import type { Located, Place } from '../located.ts'
import { type Entry, YamlSource } from '../yaml.ts'

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
  readonly name: string
  readonly namePlace: Place
  readonly group: string
  readonly expr: Located<string>
  readonly expression: Expression
  /** Without those of the group. */
  readonly labels: Readonly<Record<string, string>>
  readonly labelPlaces: Readonly<Record<string, Place>>
}

export interface AlertRule extends RuleBase {
  readonly kind: 'alert'
  readonly for?: Located<number>
  readonly keepFiringFor?: Located<number>
  readonly annotations: Readonly<Record<string, string>>
  readonly annotationPlaces: Readonly<Record<string, Place>>
}

export interface RecordingRule extends RuleBase {
  readonly kind: 'record'
}

// What Thanos, Mimir and older Prometheus know besides is left to them.
const GROUP_KEYS = [
  'name',
  'interval',
  'query_offset',
  'limit',
  'labels',
  'rules',
  'partial_response_strategy',
  'evaluation_delay',
  'source_tenants',
] as const
const RULE_KEYS = ['alert', 'record', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'] as const
const FILE_KEYS = ['groups', 'apiVersion', 'kind', 'metadata', 'spec', 'namespace'] as const

/** Everything that can be read, and every problem. A rule with a problem is left out. Never throws. */
export function readRuleFile(text: string, file: string): { file: RuleFile; problems: readonly Problem[] } {
  const source = new YamlSource(text, file)
  const groups = groupList(source).flatMap(node => readGroup(source, node) ?? [])
  const names = new Set<string>()
  for (const group of groups) {
    if (names.has(group.name))
      source.problems.push({
        file,
        line: group.line,
        column: group.column,
        message: `two groups are named ${group.name}`,
      })
    names.add(group.name)
  }
  return { file: { file, text, groups }, problems: source.problems }
}

/** The nodes of the groups: of a rule file or of a PrometheusRule. */
export function groupList(source: YamlSource): Node[] {
  if (source.document === undefined) return []
  const top = source.mapping(source.document.contents, 'a rule file', FILE_KEYS)
  const groups = top.groups ?? source.mapping(top.spec?.node, 'spec', ['groups']).groups
  if (groups === undefined) {
    source.complain(source.document.contents ?? undefined, 'a rule file needs groups:')
    return []
  }
  return source.list(groups.node, 'groups')
}

function readGroup(source: YamlSource, node: Node): RuleGroup | undefined {
  const keys = source.mapping(node, 'a group', GROUP_KEYS)
  if (keys.name === undefined) source.complain(node, 'a group needs a name')
  const name = source.string(keys.name, 'name of a group')
  const interval = source.duration(keys.interval, 'interval')
  const queryOffset = source.duration(keys.query_offset, 'query_offset')
  const limit = source.number(keys.limit, 'limit')
  const labels = source.labels(keys.labels, 'labels').values
  const rules = source.list(keys.rules?.node, 'rules').flatMap(rule => readRule(source, rule, name?.value ?? '') ?? [])
  if (name === undefined) return undefined
  return {
    name: name.value,
    ...(interval && { interval }),
    ...(queryOffset && { queryOffset }),
    ...(limit && { limit: limit.value }),
    labels,
    rules,
    ...source.place(node),
  }
}

function readRule(source: YamlSource, node: Node, group: string): Rule | undefined {
  const before = source.problems.length
  const keys = source.mapping(node, 'a rule', RULE_KEYS)
  const nameEntry = keys.alert ?? keys.record
  if (nameEntry === undefined || (keys.alert !== undefined && keys.record !== undefined))
    return source.complain(node, 'a rule needs either alert: or record:')
  const name = source.string(nameEntry, nameEntry.key)
  if (keys.expr === undefined) source.complain(node, `${nameEntry.key} ${name?.value ?? ''} needs an expr`)
  const expr = source.string(keys.expr, 'expr')
  const expression = expr === undefined ? undefined : readExpression(source, keys.expr, expr)
  const forbidden = keys.record === undefined ? [] : [keys.for, keys.keep_firing_for, keys.annotations]
  for (const entry of forbidden)
    if (entry !== undefined) source.complain(entry.keyNode, `a recording rule has no ${entry.key}`)
  const labels = source.labels(keys.labels, 'labels')
  const hold = source.duration(keys.for, 'for')
  const keepFiringFor = source.duration(keys.keep_firing_for, 'keep_firing_for')
  const annotations = source.labels(keys.annotations, 'annotations')
  if (name === undefined || expr === undefined || expression === undefined || source.problems.length > before)
    return undefined
  const base = {
    name: name.value,
    namePlace: placeOf(name),
    group,
    expr,
    expression,
    labels: labels.values,
    labelPlaces: labels.places,
    ...source.place(node),
  }
  if (keys.record !== undefined) return { kind: 'record', ...base }
  return {
    kind: 'alert',
    ...base,
    ...(hold && { for: hold }),
    ...(keepFiringFor && { keepFiringFor }),
    annotations: annotations.values,
    annotationPlaces: annotations.places,
  }
}

function readExpression(source: YamlSource, entry: Entry | undefined, expr: Located<string>): Expression | undefined {
  const parsed = parsePromql(expr.value)
  if (!('error' in parsed)) return parsed
  return source.complain(
    entry?.node,
    `expr is no PromQL: ${parsed.error} at ${parsed.line}:${parsed.column} of the expression`,
  )
}

function placeOf({ line, column, from, to }: Place): Place {
  return { line, column, from, to }
}

export function alertRules(file: RuleFile): readonly AlertRule[] {
  return file.groups.flatMap(group => group.rules).filter(rule => rule.kind === 'alert')
}

export function recordingRules(file: RuleFile): readonly RecordingRule[] {
  return file.groups.flatMap(group => group.rules).filter(rule => rule.kind === 'record')
}
