import { expect, test } from 'vitest'
import { readAlertmanager } from '../../../src/monitoring/alertmanager/read.ts'
import { readRuleFile } from '../../../src/monitoring/rules/read.ts'
import { fulfils, partsOf } from '../../../src/run/monitoring/parts.ts'
import { chooseTimeScale, type ScaleFacts } from '../../../src/run/time-scale.ts'

const rules = (text: string) => readRuleFile(text, 'rules.yml').file
const LAG = rules(`groups:
  - name: lag
    rules:
      - alert: HighReplicationLag
        expr: genesis_replication_lag_seconds > 300
        for: 5m
`)

function choose(over: Partial<ScaleFacts> = {}) {
  return chooseTimeScale({
    asked: 'auto',
    scrapeInterval: 15,
    evaluationInterval: 15,
    ruleFiles: [LAG],
    routing: readAlertmanager('route: { receiver: a }\nreceivers: [{ name: a }]\n', 'alertmanager.yml').config,
    unscalable: [],
    origin: () => 'played',
    realTargets: false,
    shortestDeadline: undefined,
    ...over,
  })
}

test('played series take the largest scale at which every interval stays 25 ms', () => {
  expect(choose()).toMatchObject({ timeScale: 600, reason: expect.stringContaining('scrape interval of 15 s') })
  expect(choose({ scrapeInterval: 60, evaluationInterval: 60 }).timeScale).toBe(1000)
  expect(choose({ scrapeInterval: 60, evaluationInterval: 5 })).toMatchObject({
    timeScale: 200,
    reason: expect.stringContaining('evaluation interval'),
  })
})

test('what is measured on a real service keeps its threshold and `for` at one wall second', () => {
  const { timeScale, reason } = choose({ origin: () => 'measured', scrapeInterval: 60, evaluationInterval: 60 })
  expect(timeScale).toBe(300)
  expect(reason).toContain('HighReplicationLag')
})

test('real services get wall time for the shortest deadline', () => {
  const { timeScale, reason } = choose({ realTargets: true, shortestDeadline: 240 })
  expect(timeScale).toBe(60)
  expect(reason).toContain('deadline')
})

test('an alert under test that keeps its meaning only in real time runs in real time, and the reason says so', () => {
  const chosen = choose({ unscalable: [{ alert: 'Flapping', reason: 'changes() counts discrete events' }] })
  expect(chosen).toMatchObject({ timeScale: 1, reason: expect.stringContaining('Flapping') })
})

test('what was asked for is taken as it is', () => {
  expect(choose({ asked: 4000 }).timeScale).toBe(4000)
})

test('an expression is split into what decides: each side, its comparison, its threshold', () => {
  expect(partsOf('(pg_up == 0) or (up{job="pg"} == 0)')).toEqual([
    { text: 'pg_up', comparison: '==', threshold: 0, against: '0' },
    { text: 'up{job="pg"}', comparison: '==', threshold: 0, against: '0', joined: 'or' },
  ])
  expect(partsOf('5 < a / b')).toEqual([{ text: 'a / b', comparison: '>', threshold: 5, against: '5' }])
  expect(partsOf('absent(x)')).toEqual([{ text: 'absent(x)' }])
  expect(partsOf('a > b')).toMatchObject([{ text: 'a', comparison: '>', against: 'b' }])
})

test('a part holds, does not hold, or depends on another value', () => {
  const [part] = partsOf('x >= 60 * 60')
  expect(part && fulfils(part, 3600)).toBe(true)
  expect(part && fulfils(part, 3599)).toBe(false)
  const [open] = partsOf('a > b')
  expect(open && fulfils(open, 1)).toBeUndefined()
})
