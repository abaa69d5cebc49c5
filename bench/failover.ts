import type { Bench } from './bench.ts'
import { drill, inFolder } from './drill.ts'
import { type Row, shownSpread, spread } from './table.ts'

const scenario = (synchronous: boolean, behind: boolean): string => `scenario: failover
title: Failover as clients see it
monitoring: { rules: [], scrapeInterval: 15s }
timeScale: 60
services:
  primary: { kind: postgres, synchronous: ${synchronous} }
  standby: { kind: postgres, standbyOf: primary }
  database: { kind: endpoint, to: primary }
probes:
  orders: { kind: sql-write, service: database, every: 5ms, timeout: 500ms }
faults:
${behind ? '  - { kind: partition, from: standby, to: primary, how: drop }\n' : ''}  - { kind: kill, service: primary${behind ? ', at: 1m' : ''} }
recover:
  - { kind: promote, service: standby }
  - { kind: repoint, service: database, to: standby }
  - { kind: fence, service: primary }
objectives: { rto: 1m, rpo: 1m }
`

export const failover: Bench = {
  summary:
    'The primary is killed, the standby promoted, clients repointed: recoveryTime as the probe sees it (cadence 5 ms) and acknowledged rows lost, beside the time that Postgres itself takes to promote.',
  live: true,
  run: options =>
    inFolder(
      {
        'async.yaml': scenario(false, false),
        'sync.yaml': scenario(true, false),
        'behind.yaml': scenario(false, true),
      },
      async folder => {
        const rows: Row[] = []
        for (const [name, runs] of [
          ['async', 20],
          ['sync', 20],
          ['behind', 5],
        ] as const) {
          const recovery: number[] = []
          const promotion: number[] = []
          const lost: number[] = []
          for (let run = 0; run < (options.quick ? 2 : runs); run++) {
            const record = (await drill([`${folder}/${name}.yaml`], options)).scenarios[0]
            const measured = (wanted: string): number => {
              const measure = record?.measures.find(one => one.name === wanted)
              if (measure?.value === undefined)
                throw new Error(
                  `${name}: no ${wanted}: ${measure?.reason ?? record?.errors[0]?.message ?? record?.steps.find(step => step.message)?.message}`,
                )
              return measure.value
            }
            recovery.push(measured('recoveryTime') * 1000)
            lost.push(measured('dataLossRows'))
            const values =
              record?.steps[0]?.evidence.flatMap(one => (one.kind === 'values' ? Object.entries(one.values) : [])) ?? []
            promotion.push(Number(values.find(([key]) => key.startsWith('promotion itself'))?.[1] ?? Number.NaN))
          }
          rows.push({
            replication: name === 'behind' ? 'async, standby cut off for 1 s' : name,
            runs: recovery.length,
            'recoveryTime ms, median (least to worst)': shownSpread(recovery),
            'promotion itself, ms': shownSpread(promotion),
            'rows lost, worst': spread(lost).worst,
            'rows lost in all': lost.reduce((sum, rows) => sum + rows, 0),
          })
        }
        return rows
      },
    ),
}
