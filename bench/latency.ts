import type { ScenarioRecord } from '../src/model/record.ts'
import type { Bench } from './bench.ts'
import { drill, inFolder, metScenario } from './drill.ts'
import { type Row, shownSpread } from './table.ts'

const INTERVAL = 15
const files = {
  'rules.yml': `groups:
  - name: latency
    interval: 30s
    rules:
      - { alert: QueueStuck, expr: queue_stuck > 0, for: 5m, labels: { severity: critical } }
`,
  'alertmanager.yml': `route: { receiver: team, group_wait: 10s, group_interval: 1m, repeat_interval: 4h }
receivers:
  - { name: team, webhook_configs: [{ url: 'http://team.example/hook' }] }
`,
  'scenario.yaml': `scenario: latency
title: From a metric's change to the payload
monitoring: { rules: [rules.yml], alertmanager: alertmanager.yml, scrapeInterval: 15s, evaluationInterval: 30s }
services:
  queue: { kind: series, interval: ${INTERVAL}s, series: { 'queue_stuck{job="queue"}': '0 1x2000' } }
steady:
  - { kind: quiet }
faults:
  - { kind: play, service: queue }
expect:
  - { kind: notification, alert: QueueStuck, receiver: team, within: 20m }
`,
}

/** Wall milliseconds from the change of the played value to the payload's arrival. */
function milliseconds(scenario: ScenarioRecord): number {
  const injected = scenario.faults[0]?.injectedAt
  const arrived = scenario.timeline.find(event => event.event === 'notification' && event.status === 'firing')?.at
  if (injected === undefined || arrived === undefined) throw new Error('the record has no injection or no notification')
  return arrived - injected - (INTERVAL * 1000) / scenario.timeScale
}

export const latency: Bench = {
  summary:
    'for: 5m, scrape 15 s, evaluation 30 s, group_wait 10 s: from the change of a metric to the payload in the inbox. Aim: 350 ms at the median for K = 1000, within 45 s drill time of K = 60.',
  live: true,
  run: options =>
    inFolder(files, async folder => {
      const rows: Row[] = []
      for (const [timeScale, runs] of [
        [60, options.quick ? 1 : 3],
        [500, options.quick ? 2 : 5],
        [1000, options.quick ? 3 : 15],
      ] as const) {
        const walls: number[] = []
        let notMet = ''
        for (let run = 0; run < runs; run++)
          try {
            walls.push(milliseconds(metScenario(await drill([`${folder}/scenario.yaml`], options, timeScale))))
          } catch (error) {
            notMet = error instanceof Error ? error.message : String(error)
          }
        rows.push({
          K: timeScale,
          'runs met': `${walls.length} of ${runs}`,
          'wall ms, median (least to worst)': shownSpread(walls),
          'drill s': shownSpread(walls.map(wall => (wall / 1000) * timeScale)),
          'not met': notMet,
        })
      }
      return rows
    }),
}
