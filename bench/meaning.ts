import type { Bench } from './bench.ts'
import { drill, inFolder } from './drill.ts'
import type { Row } from './table.ts'

const scenario = `scenario: meaning
title: The same at every time scale
monitoring: { rules: [rules.yml], alertmanager: alertmanager.yml, scrapeInterval: 15s, evaluationInterval: 15s }
services:
  shop: { kind: series, interval: 15s, series: { 'errors_total{job="shop"}': '0+0x4 0+60x40', 'queue{job="shop"}': '0x8 50x8 0x40', 'up{job="side",instance="a"}': '1x8 0x100' } }
steady:
  - { kind: quiet }
faults:
  - { kind: play, service: shop }
expect:
  - { kind: alert, alert: ErrorsHigh, state: pending, within: 4m }
  - { kind: alert, alert: ErrorsHigh, between: [2m, 5m] }
  - { kind: notification, alert: ErrorsHigh, receiver: team, within: 6m }
  - { kind: alert, alert: QueueLong, between: [2m, 4m] }
  - { kind: alert, alert: QueueLong, state: resolved, within: 6m }
  - { kind: alert, alert: SideDown, between: [2m, 4m] }
  - { kind: alert, alert: NeverSo, never: 6m }
`
const files = {
  'scenario.yaml': scenario,
  'rules.yml': `groups:
  - name: meaning
    rules:
      - { alert: ErrorsHigh, expr: 'rate(errors_total[1m]) > 2', for: 1m }
      - { alert: QueueLong, expr: queue > 20, for: 30s }
      - { alert: SideDown, expr: 'up{job="side"} == 0', for: 30s }
      - { alert: NeverSo, expr: 'increase(errors_total[1m]) > 2000' }
`,
  'alertmanager.yml': `route: { receiver: team, group_wait: 10s, group_interval: 30s, repeat_interval: 4h, group_by: [alertname] }
receivers:
  - { name: team, webhook_configs: [{ url: 'http://team.example/hook' }] }
`,
}

export const meaning: Bench = {
  summary: 'The same scenario at K = 1 and at K = 300 gives the same findings.',
  live: true,
  run: options =>
    inFolder(files, async folder => {
      const rows: Row[] = []
      const verdicts: string[][] = []
      for (const timeScale of options.quick ? [60, 300] : [1, 300]) {
        const began = performance.now()
        const record = await drill([`${folder}/scenario.yaml`], options, timeScale)
        const findings = record.scenarios[0]?.findings ?? []
        verdicts.push(findings.map(finding => `${finding.expectation} ${finding.verdict}`))
        rows.push({
          K: timeScale,
          findings: findings.length,
          met: findings.filter(finding => finding.verdict === 'met').length,
          's in all': ((performance.now() - began) / 1000).toFixed(1),
          verdict: record.verdict,
        })
      }
      const [slow, fast] = verdicts
      rows.push({ K: 'the same', findings: slow?.filter((line, index) => line === fast?.[index]).length ?? 0 })
      return rows
    }),
}
