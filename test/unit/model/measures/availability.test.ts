import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TimelineEvent } from '../../../../src/model/timeline.ts'
import { at, fault, measured, only, operations } from './timelines.ts'

const recovery = (events: readonly TimelineEvent[], rto?: number) =>
  only('recoveryTime', measured(events, rto === undefined ? {} : { objectives: { rto } }))

describe('recoveryTime', () => {
  test('reaches from the fault to the answer of the first of three successes in a row', () => {
    const taken = recovery([
      operations('ok', -100, 0),
      ...fault(2, 4),
      operations('failed', 10, 490),
      operations('ok', 500, 900),
    ])
    expect(taken).toMatchObject({ subject: 'orders', time: 'wall', value: 0.498, verdict: 'met' })
    // Ten of cadence, one of the answer, two of the injection.
    expect(taken.error).toBeCloseTo(0.013)
  })

  test('one success between failures ends nothing', () => {
    const events = [
      operations('ok', -100, 0),
      ...fault(0),
      operations('failed', 10, 90),
      operations('ok', 100, 110),
      operations('unknown', 120, 190),
      operations('ok', 200, 220),
    ]
    expect(recovery(events).value).toBeCloseTo(0.2)
  })

  test('acknowledgements of the dying primary do not end it; those of the new one do', () => {
    const events = [
      operations('ok', -100, 0, { server: 'old' }),
      ...fault(0),
      operations('failed', 10, 10),
      operations('ok', 20, 100, { server: 'old' }),
      operations('failed', 110, 300),
      operations('ok', 310, 900, { server: 'new' }),
    ]
    expect(recovery(events).value).toBeCloseTo(0.31)
  })

  test('when the same server is back, its answers count', () => {
    const events = [
      operations('ok', -100, 0, { server: 'old' }),
      ...fault(0),
      operations('failed', 10, 190),
      operations('ok', 200, 900, { server: 'old' }),
    ]
    expect(recovery(events).value).toBeCloseTo(0.2)
  })

  test('counts from the fault that the probe felt, not from an earlier one', () => {
    const events = [
      operations('ok', -100, 999),
      ...fault(0, 0, 'exporter'),
      ...fault(1_000, 1_000, 'primary'),
      operations('failed', 1_010, 1_190),
      operations('ok', 1_200, 1_900),
    ]
    expect(recovery(events).value).toBeCloseTo(0.2)
  })

  test('a second outage later is told', () => {
    const events = [
      operations('ok', -100, 0),
      ...fault(0),
      operations('failed', 10, 90),
      operations('ok', 100, 500),
      operations('failed', 510, 530),
      operations('ok', 540, 900),
    ]
    expect(recovery(events)).toMatchObject({ value: 0.1, reason: 'probe orders failed again later, 3 times' })
  })

  test('no outage seen is zero within its bound, and says so', () => {
    const events = [operations('ok', -100, 0), ...fault(0), operations('ok', 10, 900)]
    expect(recovery(events, 15)).toMatchObject({
      value: 0,
      error: 0.03,
      verdict: 'met',
      reason: expect.stringContaining('no outage seen'),
    })
  })

  test('a client that hung was without service, although nothing failed', () => {
    const events = [
      operations('ok', -100, 0),
      ...fault(0),
      operations('ok', 305, 305, { tookMs: 304 }),
      operations('ok', 310, 900),
    ]
    expect(recovery(events)).toMatchObject({ value: 0.305, reason: 'nothing failed, but a client hung that long' })
  })

  test('an outage that outlasts observation has no value; it is unmet when it outlasted the promise', () => {
    const events = [operations('ok', -100, 0), ...fault(0), operations('failed', 10, 30_000)]
    expect(recovery(events, 60)).toMatchObject({
      verdict: 'unknown',
      reason: 'not recovered: no success until 30.0 s after the fault, when observation ended',
    })
    expect(recovery(events, 20)).toMatchObject({ verdict: 'unmet' })
    expect(recovery(events, 20)).not.toHaveProperty('value')
  })

  test('too few successes at the end prove no recovery', () => {
    const events = [operations('ok', -50, 0), ...fault(0), operations('failed', 10, 90), operations('ok', 100, 110)]
    expect(recovery(events)).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringContaining('only 2 of 3 successes in a row'),
    })
  })

  test('what was failing before the fault cannot be measured', () => {
    const events = [operations('failed', -100, -10), ...fault(0), operations('ok', 100, 900)]
    expect(recovery(events)).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('before the fault') })
  })

  test('without an operation after the fault nothing is said', () => {
    expect(recovery([operations('ok', -100, 0), ...fault(10, 20)])).toMatchObject({
      verdict: 'unknown',
      reason: 'no operation of probe orders ended after the fault',
    })
  })

  test('without a fault nothing is said', () => {
    expect(recovery([operations('ok', -100, 900)])).toMatchObject({
      verdict: 'unknown',
      reason: 'no fault was injected',
    })
  })

  test('what happens after observation does not count', () => {
    const events = [
      operations('ok', -100, 0),
      ...fault(0),
      operations('ok', 10, 900),
      at(1_000, { event: 'phase', phase: 'measuring' }),
      operations('unknown', 1_010, 1_010),
    ]
    expect(recovery(events)).toMatchObject({ value: 0 })
  })

  test('a promise inside the error bound is neither kept nor broken', () => {
    const events = [operations('ok', -100, 0), ...fault(0), operations('failed', 10, 490), operations('ok', 500, 900)]
    expect(recovery(events, 0.5).verdict).toBe('met')
    expect(recovery(events, 0.495)).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringContaining('error bound'),
    })
    expect(recovery(events, 0.48).verdict).toBe('unmet')
  })

  test('a promise without a probe is not kept by silence', () => {
    expect(only('recoveryTime', measured(fault(0), { probes: [], objectives: { rto: 900 } }))).toMatchObject({
      verdict: 'unknown',
      reason: 'no probe could measure it',
    })
  })
})

interface World {
  readonly everyMs: number
  readonly answerMs: number
  readonly injectMs: number
  /** Of the injection, at which part the damage is done. */
  readonly struckAfter: number
  readonly outageMs: number
  readonly timeoutMs: number
  readonly hangs: boolean
  readonly phase: number
}

/** A client as the prober is one, against a service that is away for exactly `outageMs`: the known truth. */
function lived(world: World): readonly TimelineEvent[] {
  const { everyMs, answerMs, injectMs, struckAfter, outageMs, timeoutMs, hangs, phase } = world
  const injecting = 200 + phase
  const down = injecting + injectMs * struckAfter
  const up = down + outageMs
  const end = up + 10 * everyMs + 10 * answerMs + timeoutMs
  const events: TimelineEvent[] = [...fault(injecting, injecting + injectMs)]
  for (let began = 0; began < end; ) {
    const { outcome, ended } = operate(began)
    events.push(at(ended, { event: 'probe', probe: 'orders', outcome, count: 1, until: ended, tookMs: ended - began }))
    began = Math.floor(ended / everyMs + 1) * everyMs
  }
  return events

  function operate(began: number): { outcome: 'ok' | 'failed'; ended: number } {
    const undisturbed = began + answerMs
    const meetsOutage = undisturbed > down && began < up
    if (!meetsOutage) return { outcome: 'ok', ended: undisturbed }
    if (!hangs) return { outcome: 'failed', ended: Math.max(began, down) + answerMs / 2 }
    const answered = up + answerMs
    return answered - began <= timeoutMs
      ? { outcome: 'ok', ended: answered }
      : { outcome: 'failed', ended: began + timeoutMs }
  }
}

const world: fc.Arbitrary<World> = fc.record({
  everyMs: fc.integer({ min: 5, max: 100 }),
  answerMs: fc.double({ min: 0.1, max: 20, noNaN: true }),
  injectMs: fc.double({ min: 0, max: 50, noNaN: true }),
  struckAfter: fc.double({ min: 0, max: 1, noNaN: true }),
  outageMs: fc.double({ min: 1, max: 5_000, noNaN: true }),
  timeoutMs: fc.integer({ min: 50, max: 1_000 }),
  hangs: fc.boolean(),
  phase: fc.double({ min: 0, max: 100, noNaN: true }),
})

test('whatever the outage, the truth lies within the error bound of what is measured', () => {
  fc.assert(
    fc.property(world, world => {
      const probes = [{ name: 'orders', kind: 'sql-write', everyMs: world.everyMs }]
      const taken = only('recoveryTime', measured(lived(world), { probes }))
      const { value = Number.NaN, error = Number.NaN } = taken
      const truth = world.outageMs / 1000
      // Floating point only: no tolerance of substance.
      const rounding = 1e-9
      expect(truth).toBeGreaterThanOrEqual(value - error - rounding)
      expect(truth).toBeLessThanOrEqual((value === 0 ? error : value) + rounding)
    }),
    { numRuns: 2_000 },
  )
})

test('where connections are refused at once, the bound is the cadence, an answer and the injection', () => {
  fc.assert(
    fc.property(world, drawn => {
      const world = { ...drawn, hangs: false, outageMs: drawn.outageMs + 3 * drawn.everyMs + 3 * drawn.answerMs }
      const probes = [{ name: 'orders', kind: 'sql-write', everyMs: world.everyMs }]
      const taken = only('recoveryTime', measured(lived(world), { probes }))
      const beats = Math.ceil(world.answerMs / world.everyMs) * world.everyMs
      expect((taken.error ?? 0) * 1000).toBeLessThanOrEqual(world.everyMs + beats + 2 * world.answerMs + world.injectMs)
    }),
    { numRuns: 500 },
  )
})
