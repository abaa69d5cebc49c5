import { expect, test } from 'vitest'
import { drillClock } from '../../../src/model/clock.ts'
import type { Finding } from '../../../src/model/finding.ts'
import type { Timing } from '../../../src/run/load/scenario.ts'
import { observe, type Watched } from '../../../src/run/observe.ts'
import { awaitSteady } from '../../../src/run/steady.ts'

const cadence = { everyMs: 5, limitMs: 80, tolerance: 1000, grace: 1000 }
const met: Finding = { verdict: 'met', message: 'yes', evidence: [] }
const unmet: Finding = { verdict: 'unmet', message: 'no', evidence: [] }
const reasons = [{ kind: 'text', title: 'why', text: 'because' }] as const

function watched(timing: Timing, look: () => Promise<Finding>): Watched {
  return { timing, look, explain: async () => ({ ...(await look()), evidence: reasons }) }
}

/** 1 drill second is 1 wall millisecond. */
function watchAll(list: readonly Watched[], options: { observeFor?: number; signal?: AbortSignal } = {}) {
  const clock = drillClock(1000, performance.now(), 0, () => performance.now())
  const settled: number[] = []
  const outcomes = observe(list, {
    clock,
    cadence,
    signal: options.signal ?? new AbortController().signal,
    reference: () => 0,
    referenceName: 'the fault',
    observeFor: options.observeFor ?? 0,
    settled: index => settled.push(index),
  })
  return { outcomes, settled, clock }
}

test('each expectation is settled once, as soon as it is decided, and gets its reasons only when it is not met', async () => {
  let looks = 0
  const { outcomes, settled } = watchAll([
    watched({ when: 'within', until: 60 }, async () => unmet),
    watched({ when: 'within', until: 60 }, async () => (++looks > 3 ? met : unmet)),
  ])
  const [never, soon] = await outcomes
  expect(settled).toEqual([1, 0])
  expect(never?.finding).toMatchObject({ verdict: 'unmet', evidence: reasons })
  expect(soon?.finding).toMatchObject({ verdict: 'met', evidence: [] })
  expect(soon?.after).toBeLessThan(soon?.at ?? 0)
})

test('a check that hangs is unknown and does not hold up the others', async () => {
  const { outcomes, settled } = watchAll([
    watched({ when: 'within', until: 50 }, () => new Promise(() => {})),
    watched({ when: 'within', until: 50 }, async () => met),
  ])
  const [hanging] = await outcomes
  expect(settled).toEqual([1, 0])
  expect(hanging?.finding).toMatchObject({
    verdict: 'unknown',
    message: expect.stringContaining('did not end within 80 ms'),
  })
})

test('a check that throws is unknown, never unmet', async () => {
  const { outcomes } = watchAll([
    watched({ when: 'within', until: 30 }, async () => {
      throw new Error('connection refused')
    }),
  ])
  expect((await outcomes)[0]?.finding).toMatchObject({
    verdict: 'unknown',
    message: expect.stringContaining('connection refused'),
  })
})

test('`never: true` is watched until all others are decided, and for the time that was asked for', async () => {
  const started = performance.now()
  const { outcomes } = watchAll(
    [
      watched({ when: 'never', until: 'end' }, async () => (performance.now() - started > 60 ? met : unmet)),
      watched({ when: 'within', until: 100 }, async () => met),
    ],
    { observeFor: 120 },
  )
  expect((await outcomes)[0]?.finding.verdict).toBe('unmet')
})

test('an expectation without a time is looked at once, at the end', async () => {
  let looks = 0
  const order: string[] = []
  const { outcomes } = watchAll([
    watched({ when: 'now' }, async () => {
      looks++
      order.push('now')
      return met
    }),
    watched({ when: 'within', until: 40 }, async () => {
      order.push('within')
      return unmet
    }),
  ])
  await outcomes
  expect(looks).toBe(1)
  expect(order.at(-1)).toBe('now')
})

test('an interruption ends it at once; what is undecided is unknown', async () => {
  const controller = new AbortController()
  const { outcomes } = watchAll([watched({ when: 'within', until: 60_000 }, async () => unmet)], {
    signal: controller.signal,
  })
  controller.abort()
  expect((await outcomes)[0]?.finding).toMatchObject({
    verdict: 'unknown',
    message: expect.stringContaining('interrupted'),
  })
})

test('the steady state must hold for its whole time without a break', async () => {
  let looks = 0
  let brokenAt = 0
  const flapping = watched({ when: 'now' }, async () => {
    if (++looks !== 2) return met
    brokenAt = performance.now()
    return unmet
  })
  const signal = new AbortController().signal
  const { steady } = await awaitSteady([flapping], { holdMs: 60, limitMs: 5000, cadence, signal })
  expect(steady).toBe(true)
  // What held before the break does not count.
  expect(performance.now() - brokenAt).toBeGreaterThanOrEqual(60)
})

test('a steady state that does not come says why', async () => {
  const signal = new AbortController().signal
  const { steady, findings } = await awaitSteady([watched({ when: 'now' }, async () => unmet)], {
    holdMs: 0,
    limitMs: 30,
    cadence,
    signal,
  })
  expect(steady).toBe(false)
  expect(findings[0]).toMatchObject({ verdict: 'unmet', evidence: reasons })
})
