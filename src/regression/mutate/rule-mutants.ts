import { formatDuration } from '../../model/duration.ts'
import type { AlertRule, Rule, RuleFile } from '../../monitoring/rules/read.ts'
import { mutateExpression } from '../../promql/mutate/index.ts'
import { neverGives } from '../../promql/mutate/never.ts'
import { parsePromql } from '../../promql/parse.ts'
import type { Fate, Mutant } from './mutant.ts'

export interface RuleMutant extends Mutant {
  readonly rule: Rule
  /** The rule after the change; undefined: removed. */
  readonly changed: ChangedRule | undefined
  readonly equivalent: string | undefined
}

/** What came of the mutants so far. */
export type Fates = Map<RuleMutant, Fate>

/** The parts of a rule that promtool reads. */
export interface ChangedRule {
  readonly expr: string
  readonly for: number | undefined
  readonly keepFiringFor: number | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** Every single change of every rule of the file. */
export function ruleMutants(file: RuleFile): RuleMutant[] {
  return file.groups.flatMap(group => group.rules.flatMap(rule => mutantsOf(rule, file.file)))
}

export function partsOf(rule: Rule): ChangedRule {
  const alert = rule.kind === 'alert' ? rule : undefined
  return {
    expr: rule.expr.value,
    for: alert?.for?.value,
    keepFiringFor: alert?.keepFiringFor?.value,
    labels: rule.labels,
    annotations: alert?.annotations ?? {},
  }
}

function mutantsOf(rule: Rule, file: string): RuleMutant[] {
  const before = partsOf(rule)
  const never = neverGives(rule.expression)
  const make = (
    operator: string,
    line: number,
    meaning: string,
    changed: ChangedRule | undefined,
    equivalent?: string,
  ): RuleMutant => ({
    operator,
    subject: rule.name,
    file,
    line,
    meaning: `${rule.name} ${meaning}`,
    rule,
    changed,
    equivalent:
      equivalent ?? (never && givesNothing(changed) ? 'no series satisfies its matchers, before or after' : undefined),
  })
  const templates = [...Object.values(before.labels), ...Object.values(before.annotations)].join('\n')
  const showsValue = rule.kind === 'record' || /\$value|\.Value/.test(templates)
  return [
    ...mutateExpression(rule.expression, { text: before.expr, showsValue }).flatMap(
      ({ operator, text, meaning, equivalent }) =>
        // A change that is no PromQL any more would be refused, not noticed.
        'error' in parsePromql(text)
          ? []
          : [make(operator, rule.expr.line, meaning, { ...before, expr: text }, equivalent)],
    ),
    ...(rule.kind === 'alert' ? forMutants(rule, before, make) : []),
    ...Object.entries(before.labels).map(([name, value]) =>
      make(
        name === 'severity' ? 'severity' : 'label',
        rule.labelPlaces[name]?.line ?? rule.line,
        `had ${name}=${JSON.stringify(another(name, value))} instead of ${JSON.stringify(value)}`,
        { ...before, labels: { ...before.labels, [name]: another(name, value) } },
      ),
    ),
    ...Object.entries(before.annotations).map(([name, value]) =>
      make(
        'annotation',
        (rule.kind === 'alert' ? rule.annotationPlaces[name]?.line : undefined) ?? rule.line,
        `had another ${name}`,
        { ...before, annotations: { ...before.annotations, [name]: `${value} (changed)` } },
      ),
    ),
    make('rule removed', rule.line, 'did not exist', undefined),
  ]
}

function givesNothing(changed: ChangedRule | undefined): boolean {
  if (changed === undefined) return true
  const expression = parsePromql(changed.expr)
  return !('error' in expression) && neverGives(expression)
}

function forMutants(
  rule: AlertRule,
  before: ChangedRule,
  make: (operator: string, line: number, meaning: string, changed: ChangedRule, equivalent?: string) => RuleMutant,
): RuleMutant[] {
  const seconds = before.for ?? 0
  if (rule.for === undefined) return []
  const { line } = rule.for
  const equivalent = seconds === 0 ? 'it is zero' : undefined
  const change = (to: number, meaning: string) => make('for', line, meaning, { ...before, for: to }, equivalent)
  return [
    change(seconds * 2, `needed ${formatDuration(seconds * 2)} instead of ${formatDuration(seconds)}`),
    change(seconds / 2, `needed ${formatDuration(seconds / 2)} instead of ${formatDuration(seconds)}`),
    change(0, `fired at once instead of after ${formatDuration(seconds)}`),
  ]
}

const SEVERITIES: Readonly<Record<string, string>> = {
  critical: 'warning',
  warning: 'critical',
  info: 'warning',
  page: 'ticket',
}

function another(name: string, value: string): string {
  return (name === 'severity' ? SEVERITIES[value] : undefined) ?? `${value}-changed`
}

/** The rule in one line of YAML, under the name given. */
export function writeRule(
  kind: Rule['kind'],
  name: string,
  { expr, labels, annotations, ...durations }: ChangedRule,
): string {
  return JSON.stringify({
    [kind]: name,
    expr,
    ...(durations.for ? { for: formatDuration(durations.for) } : {}),
    ...(durations.keepFiringFor ? { keep_firing_for: formatDuration(durations.keepFiringFor) } : {}),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  })
}
