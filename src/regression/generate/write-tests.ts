import { formatDuration } from '../../model/duration.ts'
import type { Notation } from '../../promql/solve/timeline.ts'
import type { Claim } from './claims.ts'
import type { Pace } from './pace.ts'
import type { Recorded } from './samples.ts'
import { headOf } from './subject.ts'

export interface TestGroup {
  readonly name: string
  readonly series: readonly Notation[]
  /** What the instants are asked, as lines of YAML. */
  readonly cases: readonly string[]
}

export interface TestDocument {
  readonly rule: { readonly name: string; readonly expr: { readonly value: string } }
  readonly pace: Pace
  /** As `rule_files` names them. */
  readonly ruleFiles: readonly string[]
  readonly order: readonly string[] | undefined
  readonly groups: readonly TestGroup[]
}

const comment = (text: string) => `# ${text.replace(/\s+/g, ' ').trim()}`

/** A promtool unit-test file. */
export function writeDocument({ rule, pace, ruleFiles, order, groups }: TestDocument): string {
  const lines = [
    comment(`${rule.name}: ${rule.expr.value}`),
    comment(
      'Written by genesis-drill generate and confirmed by promtool. Generate again after the rule was changed on purpose.',
    ),
    `rule_files: ${JSON.stringify(ruleFiles)}`,
    ...headOf(pace, order),
    'tests:',
  ]
  for (const { name, series, cases } of groups) {
    lines.push(`  - name: ${JSON.stringify(name)}`, `    interval: ${formatDuration(pace.sample)}`)
    lines.push(series.length === 0 ? '    input_series: []' : '    input_series:')
    for (const { series: one, values } of series)
      lines.push(`      - series: ${JSON.stringify(one)}`, `        values: ${JSON.stringify(values)}`)
    lines.push(...cases.map(line => `    ${line}`))
  }
  return `${lines.join('\n')}\n`
}

/** Which alerts fire at each instant. */
export function alertCases(alert: string, claims: readonly Claim[], pace: Pace): string[] {
  const lines = ['alert_rule_test:']
  for (const claim of claims) {
    lines.push(`  ${comment(claim.why)}`)
    lines.push(`  - eval_time: ${formatDuration(claim.evaluation * pace.evaluation)}`)
    lines.push(`    alertname: ${JSON.stringify(alert)}`)
    if (claim.alerts.length === 0) {
      lines.push('    exp_alerts: []')
      continue
    }
    lines.push('    exp_alerts:')
    for (const { labels, annotations } of claim.alerts) {
      const { alertname: _, ...rest } = labels
      const [first = '', ...more] = [...mapping('exp_labels', rest), ...mapping('exp_annotations', annotations)]
      lines.push(`      - ${first}`, ...more.map(line => `        ${line}`))
    }
  }
  return lines
}

/** What is recorded at each instant. */
export function recordCases(record: string, records: readonly Recorded[], pace: Pace): string[] {
  const lines = ['promql_expr_test:']
  for (const { evaluation, samples, why } of records) {
    lines.push(`  ${comment(why)}`)
    lines.push(`  - eval_time: ${formatDuration(evaluation * pace.evaluation)}`)
    lines.push(`    expr: ${JSON.stringify(record)}`)
    lines.push(samples.length === 0 ? '    exp_samples: []' : '    exp_samples:')
    for (const { labels, value } of samples)
      lines.push(`      - labels: ${JSON.stringify(labels)}`, `        value: ${yamlNumber(value)}`)
  }
  return lines
}

const yamlNumber = (value: number) => (Number.isFinite(value) ? String(value) : value > 0 ? '.inf' : '-.inf')

function mapping(key: string, entries: Readonly<Record<string, string>>): string[] {
  const names = Object.keys(entries).sort()
  if (names.length === 0) return [`${key}: {}`]
  return [
    `${key}:`,
    ...names.map(
      name => `  ${/^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name)}: ${JSON.stringify(entries[name])}`,
    ),
  ]
}
