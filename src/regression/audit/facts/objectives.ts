import { isMap, type Node } from 'yaml'
import type { Problem } from '../../../model/errors.ts'
import type { Located, Place } from '../../../monitoring/located.ts'
import { YamlSource } from '../../../monitoring/yaml.ts'
import { parsePromql } from '../../../promql/parse.ts'
import type { ComparisonOperator, Expression } from '../../../promql/tree.ts'

/** What was promised, and what the exporters offer: the file of `--objectives`. */
export interface Objectives {
  readonly file: string
  readonly objectives: readonly Objective[]
  /** Alerts that a document promises. */
  readonly alerts: readonly Located<string>[]
  /** Metrics on offer, with their type where it is known. Undefined: not told. */
  readonly metrics: ReadonlyMap<string, OfferedMetric> | undefined
  /** How long Prometheus keeps its data, seconds. */
  readonly retention: number | undefined
}

/** `name: counter`, or `name: { type: counter, labels: [a, b] }` where the labels are all that it has besides those of its target. */
interface OfferedMetric extends Place {
  readonly type: string
  readonly labels: ReadonlySet<string> | undefined
}

/** `query operator target` holds while all is well. */
export interface Objective {
  readonly name: string
  readonly line: number
  readonly column: number
  readonly query: string
  readonly expression: Expression
  readonly operator: ComparisonOperator
  readonly target: number
  /** A breach must be known this long after it began, seconds. */
  readonly detect: number | undefined
  /** By how much the value moves a second once something is broken; 1 for an age in seconds. */
  readonly growth: number | undefined
}

const OPERATORS = ['<', '<=', '>', '>=', '=='] as const

const FILE_KEYS = ['objectives', 'alerts', 'metrics', 'retention', 'sla_metrics', 'title', 'availability'] as const
const OBJECTIVE_KEYS = [
  'name',
  'query',
  'operator',
  'target',
  'detect',
  'growth',
  'unit',
  'description',
  'availability',
] as const

/** A list under `objectives:`, or the table that `genesis-drill sla` reads, under `sla_metrics:` by name. */
export function readObjectives(text: string, file: string): { objectives: Objectives; problems: readonly Problem[] } {
  const source = new YamlSource(text, file)
  const top = source.mapping(source.document?.contents, 'the objectives', FILE_KEYS)
  const objectives = [
    ...source.list(top.objectives?.node, 'objectives').flatMap(node => readObjective(source, node)),
    ...source
      .entries(top.sla_metrics?.node, 'sla_metrics')
      .flatMap(({ key, node }) => readObjective(source, node, key)),
  ]
  const metrics = source.entries(top.metrics?.node, 'metrics').map(entry => {
    const detailed = isMap(entry.node)
    const keys = detailed ? source.mapping(entry.node, entry.key, ['type', 'labels']) : undefined
    const type = detailed ? source.string(keys?.type, 'type')?.value : source.string(entry, entry.key)?.value
    const labels =
      keys?.labels === undefined ? undefined : source.strings(keys.labels, 'labels').map(({ value }) => value)
    const offered: OfferedMetric = {
      type: type ?? 'unknown',
      labels: labels === undefined ? undefined : new Set(labels),
      ...source.place(entry.keyNode),
    }
    return [entry.key, offered] as const
  })
  return {
    objectives: {
      file,
      objectives,
      alerts: source.strings(top.alerts, 'alerts'),
      metrics: top.metrics === undefined ? undefined : new Map(metrics),
      retention: source.duration(top.retention, 'retention')?.value,
    },
    problems: source.problems,
  }
}

function readObjective(source: YamlSource, node: Node | undefined, named?: string): Objective[] {
  const keys = source.mapping(node, 'an objective', OBJECTIVE_KEYS)
  const query = source.string(keys.query, 'query')
  const target = source.number(keys.target, 'target')
  const written = source.string(keys.operator, 'operator')
  const operator = OPERATORS.find(known => known === written?.value)
  if (query === undefined || target === undefined || operator === undefined) {
    source.complain(node, `an objective needs query, operator (${OPERATORS.join(' ')}) and a target that is a number`)
    return []
  }
  const expression = parsePromql(query.value)
  if ('error' in expression) {
    source.complain(keys.query?.node, `query is no PromQL: ${expression.error}`)
    return []
  }
  const { line, column } = source.place(node)
  return [
    {
      name: source.string(keys.name, 'name')?.value ?? named ?? query.value,
      line,
      column,
      query: query.value,
      expression,
      operator,
      target: target.value,
      detect: source.duration(keys.detect, 'detect')?.value,
      growth: source.number(keys.growth, 'growth')?.value,
    },
  ]
}
