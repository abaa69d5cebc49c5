import { formatDuration } from '../../model/duration.ts'
import type { Claim } from './claims.ts'
import type { Pace } from './pace.ts'
import { headOf } from './subject.ts'
import type { Watched } from './watch.ts'

export interface TestGroup {
  readonly name: string
  readonly watched: Watched
  readonly claims: readonly Claim[]
}

export interface TestDocument {
  readonly alert: string
  readonly expression: string
  readonly pace: Pace
  /** As `rule_files` names them. */
  readonly ruleFiles: readonly string[]
  readonly order: readonly string[] | undefined
  readonly groups: readonly TestGroup[]
}

/** A promtool unit-test file. */
export function writeDocument({ alert, expression, pace, ruleFiles, order, groups }: TestDocument): string {
  const comment = (text: string) => `# ${text.replace(/\s+/g, ' ').trim()}`
  const lines = [
    comment(`${alert}: ${expression}`),
    comment(
      'Written by genesis-drill generate and confirmed by promtool. Generate again after the rule was changed on purpose.',
    ),
    `rule_files: ${JSON.stringify(ruleFiles)}`,
    ...headOf(pace, order),
    'tests:',
  ]
  for (const { name, watched, claims } of groups) {
    lines.push(`  - name: ${JSON.stringify(name)}`, `    interval: ${formatDuration(pace.sample)}`)
    lines.push(watched.series.length === 0 ? '    input_series: []' : '    input_series:')
    for (const { series, values } of watched.series)
      lines.push(`      - series: ${JSON.stringify(series)}`, `        values: ${JSON.stringify(values)}`)
    lines.push('    alert_rule_test:')
    for (const claim of claims) {
      lines.push(`      ${comment(claim.why)}`)
      lines.push(`      - eval_time: ${formatDuration(claim.evaluation * pace.evaluation)}`)
      lines.push(`        alertname: ${JSON.stringify(alert)}`)
      if (claim.alerts.length === 0) {
        lines.push('        exp_alerts: []')
        continue
      }
      lines.push('        exp_alerts:')
      for (const { labels, annotations } of claim.alerts) {
        const { alertname: _, ...rest } = labels
        const [first = '', ...more] = [...mapping('exp_labels', rest), ...mapping('exp_annotations', annotations)]
        lines.push(`          - ${first}`, ...more.map(line => `            ${line}`))
      }
    }
  }
  return `${lines.join('\n')}\n`
}

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
