import type { Bench } from './bench.ts'
import { drill, inFolder } from './drill.ts'
import { type Row, spread } from './table.ts'

const OUTAGE_MS = 700
const files = {
  'scenario.yaml': `scenario: truth
title: An outage of known length
monitoring: { rules: [], scrapeInterval: 15s }
timeScale: 60
services:
  cache: { kind: redis, persistence: aof }
probes:
  sessions: { kind: redis-write, service: cache, every: 10ms, timeout: 5s }
faults:
  - { kind: pause, service: cache }
recover:
  - { kind: command, name: Nothing happens for a known time, argv: [sleep, '${OUTAGE_MS / 1000}'] }
  - { kind: rollback }
objectives: { rto: 10s, rpo: 0s }
`,
}

export const truth: Bench = {
  summary:
    'recoveryTime against a known truth: a server paused and resumed, whose true outage is taken from the instants of both; cadence 10 ms. Aim: 30 of 30 within the printed bound, worst error under 25 ms; acknowledged rows lost: 0.',
  live: true,
  run: options =>
    inFolder(files, async folder => {
      const errors: number[] = []
      let within = 0
      let exact = 0
      const runs = options.quick ? 3 : 30
      for (let run = 0; run < runs; run++) {
        const scenario = (await drill([`${folder}/scenario.yaml`], options)).scenarios[0]
        const recovery = scenario?.measures.find(measure => measure.name === 'recoveryTime')
        const fault = scenario?.faults[0]
        if (recovery?.value === undefined || fault?.injectedAt === undefined || fault.rolledBackAt === undefined)
          throw new Error(`no recoveryTime: ${recovery?.reason ?? scenario?.errors[0]?.message ?? 'no fault'}`)
        const error = recovery.value * 1000 - (fault.rolledBackAt - fault.injectedAt)
        errors.push(error)
        if (Math.abs(error) <= (recovery.error ?? 0) * 1000) within++
        if (scenario?.measures.some(measure => measure.name === 'dataLossRows' && measure.value === 0)) exact++
      }
      const { median, worst, least } = spread(errors)
      const row: Row = {
        runs,
        'within the bound': `${within} of ${runs}`,
        'median error, ms': median.toFixed(1),
        'worst error, ms': (Math.abs(least) > worst ? least : worst).toFixed(1),
        'rows exact': `${exact} of ${runs}`,
      }
      return [row]
    }),
}
