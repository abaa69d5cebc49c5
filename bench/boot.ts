import type { Bench } from './bench.ts'
import { drill, inFolder, metScenario } from './drill.ts'
import type { Row } from './table.ts'

const whole = `
  primary: { kind: postgres }
  standby: { kind: postgres, standbyOf: primary }
  cache: { kind: redis }
  primary-exporter: { kind: postgres-exporter, service: primary }
  cache-exporter: { kind: redis-exporter, service: cache }
  dr: { kind: dr-metrics, observes: [primary, standby] }
  played: { kind: series, interval: 15s, series: { 'played{job="played"}': '1x100' } }`
const nothing = `
  played: { kind: series, interval: 15s, series: { 'played{job="played"}': '1x100' } }`
const pair = `
  primary: { kind: postgres }
  standby: { kind: postgres, standbyOf: primary }
  dr: { kind: dr-metrics, observes: [primary, standby] }
  played: { kind: series, interval: 15s, series: { 'played{job="played"}': '1x100' } }`

const scenario = (services: string): string => `scenario: boot
title: Boot
monitoring: { rules: [], scrapeInterval: 15s }
timeScale: 60
services:${services}
faults:
  - { kind: play, service: played }
`

export const boot: Bench = {
  summary:
    'From nothing to the first scrape of every target, and to the end of the last process. The slowest paths alone beside it. Aim: 1.15 times the slowest.',
  live: true,
  run: options =>
    inFolder(
      { 'whole.yaml': scenario(whole), 'engines.yaml': scenario(nothing), 'pair.yaml': scenario(pair) },
      async folder => {
        const rows: Row[] = []
        for (let round = 0; round < (options.quick ? 1 : 3); round++)
          for (const name of ['engines', 'pair', 'whole']) {
            const began = performance.now()
            const record = metScenario(await drill([`${folder}/${name}.yaml`], options))
            const total = performance.now() - began
            const phase = (wanted: string): number =>
              record.timeline.find(event => event.event === 'phase' && event.phase === wanted)?.wall ?? Number.NaN
            const ready = record.timeline.flatMap(event => (event.event === 'service.ready' ? [event] : []))
            rows.push({
              stack: name,
              services: ready.length,
              'boot to first scrapes, ms': Math.round(phase('steady') - phase('booting')),
              'slowest service, ms': ready
                .toSorted((a, b) => b.milliseconds - a.milliseconds)
                .slice(0, 3)
                .map(event => `${event.service} ${Math.round(event.milliseconds)}`)
                .join(', '),
              'end, ms': Math.round(record.endedAt - phase('measuring')),
              'all, ms': Math.round(total),
            })
          }
        return rows
      },
    ),
}
