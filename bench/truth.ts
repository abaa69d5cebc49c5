import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from './bench.ts'
import { drill, inFolder } from './drill.ts'
import { type Row, spread } from './table.ts'

const OUTAGE_MS = 700
/** Takes the oldest `count` keys out of the server, behind the back of the harness. */
const DISCARD = `
const { connect } = require('node:net')
const { GENESIS_DRILL_CACHE_HOST: host, GENESIS_DRILL_CACHE_PORT: port, COUNT } = process.env
const socket = connect(Number(port), host)
const number = key => Number(key.split(':').at(-1))
let text = ''
let asked
socket.on('data', data => {
  text += data
  if (asked) return socket.end()
  const keys = text.split('\\r\\n').filter(line => line.startsWith('genesis-drill:'))
  if (keys.length < Number(/^[*](\\d+)/.exec(text)?.[1] ?? Infinity)) return
  asked = keys.sort((a, b) => number(a) - number(b)).slice(0, Number(COUNT))
  socket.write('DEL ' + asked.join(' ') + '\\r\\n')
})
socket.write('KEYS genesis-drill:*\\r\\n')
`

const scenario = (discarded: number): string => `scenario: truth
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
  - { kind: command, name: Acknowledged rows are discarded, argv: ${JSON.stringify([process.execPath, '-e', DISCARD])}, environment: { COUNT: '${discarded}' } }
objectives: { rto: 10s, rpo: 0s }
`

export const truth: Bench = {
  summary:
    'recoveryTime against a known truth: a server paused and resumed, whose true outage is taken from the instants of both; cadence 10 ms; then one to thirty acknowledged rows are taken out of the server. Aim: 30 of 30 within the printed bound and all rows counted.',
  live: true,
  run: options =>
    inFolder({}, async folder => {
      const errors: number[] = []
      let within = 0
      let exact = 0
      const runs = options.quick ? 3 : 30
      for (let run = 0; run < runs; run++) {
        await writeFile(join(folder, 'scenario.yaml'), scenario(run + 1))
        const played = (await drill([join(folder, 'scenario.yaml')], options)).scenarios[0]
        const recovery = played?.measures.find(measure => measure.name === 'recoveryTime')
        const fault = played?.faults[0]
        if (recovery?.value === undefined || fault?.injectedAt === undefined || fault.rolledBackAt === undefined)
          throw new Error(`no recoveryTime: ${recovery?.reason ?? played?.errors[0]?.message ?? 'no fault'}`)
        const error = recovery.value * 1000 - (fault.rolledBackAt - fault.injectedAt)
        errors.push(error)
        if (Math.abs(error) <= (recovery.error ?? 0) * 1000) within++
        if (played?.measures.some(measure => measure.name === 'dataLossRows' && measure.value === run + 1)) exact++
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
