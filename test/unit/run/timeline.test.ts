import { expect, test } from 'vitest'
import { startTimeline } from '../../../src/run/timeline.ts'

/** A clock that is moved by hand; it starts at 1000. */
function byHand(timeScale = 60) {
  let now = 1000
  const told: number[] = []
  const timeline = startTimeline(
    timeScale,
    ({ at }) => told.push(at),
    () => now,
    500_000,
  )
  const to = (instant: number): void => {
    now = instant
  }
  return { timeline, told, to }
}

test('zero is the instant at which the steady state held; what was before is negative', () => {
  const { timeline, told, to } = byHand()
  timeline.append({ event: 'phase', phase: 'booting' })
  to(4000)
  timeline.setZero()
  to(4250)
  timeline.append({ event: 'phase', phase: 'faults' })
  expect(timeline.recorded().map(({ at }) => at)).toEqual([-3000, 250])
  expect(told).toEqual([0, 250])
})

test('wall time stays what it was, and the clock never jumps', () => {
  const { timeline, to } = byHand()
  to(4000)
  timeline.setZero()
  to(5000)
  timeline.append({ event: 'phase', phase: 'faults' })
  expect(timeline.recorded()[0]?.wall).toBe(505_000)
  expect(timeline.clock.now()).toBe(4000)
  expect(timeline.clock.drillSeconds(0, timeline.clock.now())).toBe(240)
})

test('every instant inside an event is counted from zero, in order of time', () => {
  const { timeline, to } = byHand()
  to(2000)
  timeline.setZero()
  to(9000)
  timeline.append({
    event: 'ledger',
    probe: 'p',
    acknowledged: 1,
    unknown: 0,
    lost: 0,
    unknownKept: 0,
    survivedUntil: 3000,
    newestLost: 4000,
  })
  timeline.append({ event: 'alert', alert: 'A', labels: {}, state: 'firing', after: 1500 }, 2500)
  timeline.append({ event: 'probe', probe: 'p', outcome: 'ok', count: 2, until: 2600, tookMs: 1 }, 2400)
  expect(timeline.recorded()).toMatchObject([
    { event: 'probe', at: 1400, until: 1600 },
    { event: 'alert', at: 1500, after: 500 },
    { event: 'ledger', survivedUntil: 2000, newestLost: 3000 },
  ])
})
