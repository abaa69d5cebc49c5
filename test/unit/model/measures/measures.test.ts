import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EventBody, TimelineEvent } from '../../../../src/model/timeline.ts'
import { at, fault, measured, only, operations } from './timelines.ts'

const alertEvent = (state: 'pending' | 'firing' | 'resolved', after: number, labels = {}): EventBody => ({
  event: 'alert',
  alert: 'Lag',
  labels: { alertname: 'Lag', ...labels },
  state,
  after,
})
const notified = (receiver: string, status: 'firing' | 'resolved' = 'firing'): EventBody => ({
  event: 'notification',
  receiver,
  integration: 'pagerduty',
  index: 0,
  status,
  alerts: [{ labels: { alertname: 'Lag' }, status }],
  groupLabels: {},
  payload: {},
})
const promised = {
  expectations: [
    { spec: { alert: 'Lag', state: 'firing', labels: {}, annotations: {} }, timing: { when: 'within' } },
    { spec: { alert: 'Lag', receiver: 'dr', status: 'firing', labels: {}, payload: [] }, timing: { when: 'within' } },
  ],
  timeScale: 60,
}

describe('timeToDetect and timeToNotify', () => {
  const events = [...fault(0), at(5_000, alertEvent('firing', 4_900)), at(5_500, notified('dr'))]

  test('are drill time; the middle of what polling can tell, with its half-width', () => {
    const measures = measured(events, { ...promised, objectives: { detect: 600, notify: 60 } })
    expect(only('timeToDetect', measures)).toMatchObject({ subject: 'Lag', time: 'drill', value: 297, verdict: 'met' })
    expect(only('timeToDetect', measures).error).toBeCloseTo(3)
    expect(only('timeToNotify', measures)).toMatchObject({ subject: 'Lag to dr', value: 33, verdict: 'met' })
  })

  test('a promise that lies between the bounds is neither kept nor broken', () => {
    const detect = (seconds: number) =>
      only('timeToDetect', measured(events, { ...promised, objectives: { detect: seconds } })).verdict
    expect([301, 297, 293].map(detect)).toEqual(['met', 'unknown', 'unmet'])
  })

  test('an alert that did not fire has no value, and is unmet once the promise has passed', () => {
    const quiet = [...fault(0), at(20_000, { event: 'phase', phase: 'measuring' })]
    const detect = (seconds: number) =>
      only('timeToDetect', measured(quiet, { ...promised, objectives: { detect: seconds } }))
    expect(detect(600)).toMatchObject({ verdict: 'unmet', reason: expect.stringContaining('1200.0 s (drill time)') })
    expect(detect(6_000)).toMatchObject({ verdict: 'unknown' })
    expect(detect(600)).not.toHaveProperty('value')
    expect(only('timeToNotify', measured(quiet, promised))).toMatchObject({
      verdict: 'unknown',
      reason: 'Lag did not fire, so nobody could be notified',
    })
  })

  test('an alert that was firing before the fault detects nothing; one that was resolved before may', () => {
    const before = [at(-900, alertEvent('firing', -1_000)), ...events]
    expect(only('timeToDetect', measured(before, promised))).toMatchObject({
      verdict: 'unknown',
      reason: 'Lag was firing before the fault already',
    })
    const resolved = [at(-900, alertEvent('firing', -1_000)), at(-500, alertEvent('resolved', -600)), ...events]
    expect(only('timeToDetect', measured(resolved, promised)).value).toBeCloseTo(297)
  })

  test('only an alert with the expected labels detects it', () => {
    const spec = { alert: 'Lag', state: 'firing', labels: { job: { matches: 'post.*' } } }
    const two = [
      ...fault(0),
      at(1_000, alertEvent('firing', 900, { job: 'not-postgres' })),
      at(2_000, alertEvent('firing', 1_900, { job: 'postgres' })),
    ]
    expect(only('timeToDetect', measured(two, { expectations: [{ spec }] })).value).toBeCloseTo(1.95)
  })

  test('an alert that must never fire promises no detection', () => {
    const never = [{ spec: { alert: 'Lag', state: 'firing', labels: {} }, timing: { when: 'never' } }]
    expect(measured(events, { expectations: never }).filter(({ name }) => name === 'timeToDetect')).toEqual([])
  })

  test('a notification at another receiver, or of the resolve, is not the one', () => {
    const astray = [
      ...fault(0),
      at(5_000, alertEvent('firing', 4_900)),
      at(5_100, notified('other')),
      at(5_200, notified('dr', 'resolved')),
      at(9_000, { event: 'phase', phase: 'measuring' }),
    ]
    expect(only('timeToNotify', measured(astray, { ...promised, objectives: { notify: 60 } }))).toMatchObject({
      verdict: 'unmet',
      reason: expect.stringContaining('nothing arrived at dr'),
    })
  })

  test('objectives without anything to measure them by are unknown', () => {
    const measures = measured(fault(0), { objectives: { detect: 60, notify: 60, rpo: 60 } })
    expect(only('timeToDetect', measures)).toMatchObject({
      verdict: 'unknown',
      reason: 'no alert was expected to fire',
    })
    expect(only('timeToNotify', measures)).toMatchObject({ verdict: 'unknown', reason: 'no notification was expected' })
    expect(only('dataLossSeconds', measures)).toMatchObject({ verdict: 'unknown' })
  })

  test('whenever it is polled, the truth lies within the error', () => {
    const instants = fc.record({
      injectMs: fc.double({ min: 0, max: 300, noNaN: true }),
      struckAfter: fc.double({ min: 0, max: 1, noNaN: true }),
      firesAfter: fc.double({ min: 301, max: 60_000, noNaN: true }),
      pollMs: fc.integer({ min: 1, max: 300 }),
      timeScale: fc.integer({ min: 1, max: 1_000 }),
    })
    fc.assert(
      fc.property(instants, ({ injectMs, struckAfter, firesAfter, pollMs, timeScale }) => {
        const struck = injectMs * struckAfter
        const fires = struck + firesAfter
        const seen = Math.ceil(fires / pollMs) * pollMs
        const timeline = [...fault(0, injectMs), at(seen, alertEvent('firing', seen - pollMs))]
        const { value = Number.NaN, error = Number.NaN } = only(
          'timeToDetect',
          measured(timeline, { ...promised, timeScale }),
        )
        const truth = (firesAfter / 1000) * timeScale
        expect(Math.abs(truth - value)).toBeLessThanOrEqual(error + 1e-6)
      }),
    )
  })
})

describe('dataLoss', () => {
  const ledger = (over: object): TimelineEvent =>
    at(9_000, {
      event: 'ledger',
      probe: 'orders',
      acknowledged: 100,
      unknown: 2,
      lost: 0,
      unknownKept: 1,
      ...over,
    })
  const loss = (over: object, rpo?: number) => {
    const measures = measured(
      [operations('ok', -500, 1_000), ledger(over)],
      rpo === undefined ? {} : { objectives: { rpo } },
    )
    return { rows: only('dataLossRows', measures), seconds: only('dataLossSeconds', measures) }
  }

  test('nothing lost; unknown writes are neither lost nor kept', () => {
    const { rows, seconds } = loss({}, 300)
    expect(rows).toMatchObject({
      unit: 'rows',
      value: 0,
      reason:
        '0 of 100 acknowledged writes are missing; 2 more had an unknown outcome, 1 of them are there: neither lost nor kept',
    })
    expect(seconds).toMatchObject({ value: 0, verdict: 'met', objective: 300 })
  })

  test('seconds reach from the last write that survived to the newest that is lost', () => {
    const { rows, seconds } = loss({ lost: 26, survivedUntil: 740, newestLost: 1_000 }, 0.2)
    expect(rows.value).toBe(26)
    expect(seconds).toMatchObject({ value: 0.26, error: 0.01, verdict: 'unmet' })
  })

  test('when nothing survived, at least the time of writing is lost', () => {
    const { seconds } = loss({ lost: 100, newestLost: 1_000 }, 1)
    expect(seconds).toMatchObject({ value: 1.5, verdict: 'unmet', reason: expect.stringContaining('at least') })
    // It may be more than what the probe wrote, so no promise is shown to be kept.
    expect(loss({ lost: 100, newestLost: 1_000 }, 60).seconds.verdict).toBe('unknown')
  })

  test('a loss whose time is not known is a loss of rows, and no figure of seconds', () => {
    const { rows, seconds } = loss({ lost: 3 }, 60)
    expect(rows.value).toBe(3)
    expect(seconds).toMatchObject({ verdict: 'unknown' })
    expect(seconds).not.toHaveProperty('value')
  })

  test('a ledger that could not be read invents nothing', () => {
    const { rows, seconds } = loss({ failure: 'connection refused' }, 60)
    for (const taken of [rows, seconds]) {
      expect(taken).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('connection refused') })
      expect(taken).not.toHaveProperty('value')
    }
  })

  test('a probe that never had an acknowledgement has nothing to lose, and proves nothing', () => {
    expect(loss({ acknowledged: 0 }).rows).toMatchObject({
      verdict: 'unknown',
      reason: 'probe orders had no acknowledged write that could be lost',
    })
  })
})

describe('steps and the composed figure', () => {
  const started = (step: number, name: string): EventBody => ({
    event: 'action.started',
    action: 'promote',
    name,
    step,
  })
  const ended = (step: number, name: string, outcome: 'done' | 'failed' = 'done'): EventBody => ({
    event: 'action.ended',
    action: 'promote',
    name,
    step,
    outcome,
    ...(outcome === 'done' ? {} : { message: 'no standby' }),
    evidence: [],
  })
  const drill = [
    operations('ok', -100, 0),
    ...fault(0),
    operations('failed', 10, 5_990),
    at(5_000, alertEvent('firing', 5_000)),
    at(5_500, notified('dr')),
    at(5_800, started(0, 'promote the standby')),
    at(5_950, ended(0, 'promote the standby')),
    operations('ok', 6_000, 9_000),
  ]

  test('each step is timed in wall time; one that hangs has no time', () => {
    const steps = measured([
      ...drill,
      at(7_000, started(1, 'repoint')),
      at(7_100, ended(1, 'repoint', 'failed')),
      at(8_000, started(2, 'wait')),
    ]).filter(({ name }) => name === 'stepTime')
    expect(steps).toMatchObject([
      { subject: 'promote the standby', time: 'wall', value: 0.15 },
      { subject: 'repoint', value: 0.1, reason: 'the step failed: no standby' },
      { subject: 'wait', verdict: 'unknown', reason: 'the step did not end' },
    ])
  })

  test('time to restored is shown with its parts, each in its own time, and the wait of the drill in none', () => {
    const restored = only('timeToRestored', measured(drill, promised))
    expect(restored.parts).toEqual([
      { name: 'detection (Lag)', value: 300, time: 'drill' },
      { name: 'notification (dr)', value: 30, time: 'drill' },
      { name: 'recovery', value: 0.2, time: 'wall' },
    ])
    expect(restored.value).toBeCloseTo(330.2)
  })

  test('a system that healed before anybody acted recovered from the fault on', () => {
    const healed = [
      operations('ok', -100, 0),
      ...fault(0),
      operations('failed', 10, 990),
      operations('ok', 1_000, 9_000),
      at(5_000, alertEvent('firing', 5_000)),
      at(5_500, notified('dr')),
      at(5_800, started(0, 'check')),
      at(5_900, ended(0, 'check')),
    ]
    expect(only('timeToRestored', measured(healed, promised)).parts?.at(-1)).toEqual({
      name: 'recovery',
      value: 1,
      time: 'wall',
    })
  })

  test('with a part missing there is no sum', () => {
    const untold = drill.filter(({ event }) => event !== 'notification')
    const restored = only('timeToRestored', measured(untold, promised))
    expect(restored).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('nobody was told') })
    expect(restored).not.toHaveProperty('value')
  })
})
