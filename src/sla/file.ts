import { type Problem, ScenarioError } from '../model/errors.ts'
import { type Entry, YamlSource } from '../monitoring/yaml.ts'
import { parsePromql } from '../promql/parse.ts'

/** An SLA table: what each query must be compared with, and in which share of the time it must comply. */

export const operators = ['<', '<=', '>', '>=', '==', '!='] as const
export type Operator = (typeof operators)[number]

export interface Sla {
  readonly name: string
  readonly description?: string
  readonly query: string
  readonly operator: Operator
  readonly target: number
  /** What the target is counted in, for people. */
  readonly unit?: string
  /** Percent of the window in which it must hold; the rest is the error budget. */
  readonly availability: number
  /** Where the query stands. */
  readonly place: Omit<Problem, 'message'>
}

export interface SlaTable {
  readonly file: string
  readonly title: string
  readonly slas: readonly Sla[]
}

const AVAILABILITY = 99.9
const KEYS = ['target', 'query', 'operator', 'unit', 'description', 'availability'] as const
const TOP = ['title', 'availability', 'sla_metrics'] as const

/**
 * `sla_metrics:` with one mapping per SLA, and optionally `title` and `availability` (percent, default 99.9); or the bare mappings.
 * Throws ScenarioError with every problem.
 */
export function readSlaTable(text: string, file: string): SlaTable {
  const yaml = new YamlSource(text, file)
  const entries = yaml.entries(yaml.document?.contents, 'the SLA table')
  const wrapped = entries.some(({ key }) => key === 'sla_metrics')
  const top = wrapped ? yaml.mapping(yaml.document?.contents, 'the SLA file', TOP) : {}
  const availability = percent(yaml, top.availability, 'availability') ?? AVAILABILITY
  const table = wrapped ? yaml.entries(top.sla_metrics?.node, 'sla_metrics') : entries
  const slas = table.flatMap(entry => readSla(yaml, entry, availability) ?? [])
  if (table.length === 0 && yaml.problems.length === 0)
    yaml.complain(yaml.document?.contents ?? undefined, 'expected at least one SLA below sla_metrics')
  if (yaml.problems.length > 0) throw new ScenarioError(yaml.problems)
  return { file, title: yaml.string(top.title, 'title')?.value ?? 'Service levels', slas }
}

function readSla(yaml: YamlSource, entry: Entry, availability: number): Sla | undefined {
  const what = `SLA ${entry.key}`
  const keys = yaml.mapping(entry.node, what, KEYS)
  for (const key of ['target', 'query', 'operator'] as const)
    if (keys[key] === undefined) yaml.complain(entry.keyNode, `${what} has no ${key}`)
  const target = yaml.number(keys.target, `target of ${what}`)
  const operator = yaml.string(keys.operator, `operator of ${what}`)
  const known = operators.find(candidate => candidate === operator?.value)
  if (operator !== undefined && known === undefined)
    yaml.complain(
      keys.operator?.node,
      `operator of ${what} must be one of ${operators.join(' ')}, got ${operator.value}`,
    )
  const query = yaml.string(keys.query, `query of ${what}`)
  if (query !== undefined) {
    const parsed = parsePromql(query.value)
    if ('error' in parsed) yaml.complain(keys.query?.node, `query of ${what} is no PromQL: ${parsed.error}`)
  }
  const unit = yaml.string(keys.unit, `unit of ${what}`)
  const description = yaml.string(keys.description, `description of ${what}`)
  const own = percent(yaml, keys.availability, `availability of ${what}`)
  if (target === undefined || known === undefined || query === undefined) return undefined
  return {
    name: entry.key,
    ...(description === undefined ? {} : { description: description.value }),
    query: query.value,
    operator: known,
    target: target.value,
    ...(unit === undefined ? {} : { unit: unit.value }),
    availability: own ?? availability,
    place: { file: yaml.file, line: query.line, column: query.column },
  }
}

function percent(yaml: YamlSource, entry: Entry | undefined, what: string): number | undefined {
  const value = yaml.number(entry, what)?.value
  if (value === undefined) return undefined
  if (value > 0 && value <= 100) return value
  return yaml.complain(entry?.node, `${what} must be a percentage above 0 and at most 100, got ${value}`)
}
