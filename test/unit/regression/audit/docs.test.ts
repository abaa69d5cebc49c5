import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Detector } from '../../../../src/regression/audit/finding.ts'
import { detectors } from '../../../../src/regression/audit/index.ts'

const defects: Readonly<Record<string, readonly { defect: string; found?: readonly string[]; hidden?: string }[]>> =
  parse(readFileSync(new URL('../../../fixtures/seeds/defects.yml', import.meta.url), 'utf8'))

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('')
}

/** The two tables of docs/detectors.md; `vitest -u` writes them anew. */
function tables(): string {
  const known = table(
    ['detector', 'severity', 'tells of', 'needs'],
    Object.entries<Detector>(detectors).map(([name, { severity, summary, needs }]) => [
      `\`${name}\``,
      severity,
      summary,
      needs.join(', ') || 'any',
    ]),
  )
  const shown = table(
    ['system', 'defect', 'found by'],
    Object.entries(defects).flatMap(([system, list]) =>
      list.map(({ defect, found, hidden }) => [
        system,
        defect,
        found === undefined
          ? `not visible: ${hidden}`
          : [...new Set(found.map(finding => `\`${finding.split(' ')[0]}\``))].join(', '),
      ]),
    ),
  )
  return `## Detectors\n\n${known}\n## What they find in five real systems\n\nTheir files are in test/fixtures/seeds, with all their defects; a test runs \`audit\` on them and expects each line of this table.\n\n${shown}`
}

const INTRODUCTION = `# What \`audit\` finds

\`\`\`sh
genesis-drill audit --rules rules/ --alertmanager alertmanager.yml --prometheus prometheus.yml \\
  --dashboards dashboards/ --objectives objectives.yml --docs docs/
\`\`\`

It reads the files, asks promtool and amtool where they are installed, and tells what no test would: \`file:line:column\`, how grave it is, what
will happen in production and what to do. Severities: \`blocker\` (nothing works), \`high\` (an incident is missed or misjudged), \`medium\`,
\`low\` (good practice). \`--severity high\` shows only those and graver ones, \`--json\` is for machines; the exit code is 1 when anything is
shown. What cannot be decided is not told: a route on a label that the series themselves may carry is not called dead.

A finding is accepted by a comment with a reason, behind the line or above the block:

\`\`\`yaml
# genesis-drill disable bounded-range the critical alert takes over above 15 %
- alert: HighFailureRate
\`\`\`

A comment without a reason, with an unknown name or without effect is a finding itself.

\`--objectives\` tells what was promised and what is exported:

\`\`\`yaml
retention: 30d                        # how long Prometheus keeps data
objectives:                           # what holds while all is well
  - { name: replication, query: replication_lag_seconds, operator: '<', target: 300, detect: 5m, growth: 1 }
alerts: [BackupTooOld]                # alerts that a document promises
metrics:                              # what the exporters offer
  replication_lag_seconds: gauge
  backup_total: { type: counter, labels: [database] }   # besides the labels of its target it has only these
\`\`\`

\`growth\` is by how much the value moves a second once something is broken; ages and lags grow by one second a second. \`--dashboards\` takes
Grafana's JSON, or a plain list: \`panels: [{ title: Readiness, expr: readiness_score, bands: { green: '> 80%', red: '< 60%' } }]\`. Of the
Markdown files of \`--docs\` the fenced YAML, PromQL and shell snippets are tried.

`

it('docs/detectors.md holds every detector and every known defect', async () => {
  await expect(INTRODUCTION + tables()).toMatchFileSnapshot('../../../../docs/detectors.md')
})
