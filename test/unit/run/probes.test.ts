import { expect, test } from 'vitest'
import type { ProbeSession } from '../../../src/model/kind.ts'
import { runProbe } from '../../../src/run/probes.ts'
import { startTimeline } from '../../../src/run/timeline.ts'

/** A cadence at which the hiccups of a busy machine are no slow answers. */
const CALM_MS = 100

const sleep = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds))

function start(attempt: ProbeSession['attempt'], over: Partial<ProbeSession> = {}, limitMs = 1000, everyMs = 5) {
  const timeline = startTimeline(1)
  let begun = 0
  const counted: ProbeSession['attempt'] = number => {
    begun = number
    return attempt(number)
  }
  /** Until this operation has begun, so that all before it have ended. */
  const reached = async (number: number) => {
    while (begun < number) await sleep(1)
  }
  const session: ProbeSession = { attempt: counted, [Symbol.asyncDispose]: async () => {}, ...over }
  const probe = runProbe({
    name: 'orders',
    everyMs,
    session,
    timeline,
    signal: new AbortController().signal,
    limitMs,
  })
  const operations = () => timeline.events.filter(event => event.event === 'probe')
  const ledgers = () => timeline.events.filter(event => event.event === 'ledger')
  return { probe, timeline, operations, ledgers, reached }
}

test('equal outcomes are folded, each change is an event of its own', async () => {
  const { probe, operations, reached } = start(
    async number => ({
      outcome: number >= 4 && number < 7 ? 'failed' : 'ok',
      server: 'a',
    }),
    {},
    1000,
    CALM_MS,
  )
  await reached(9)
  await probe.stop()
  const [before, during, after] = operations()
  expect([before?.outcome, during?.outcome, after?.outcome]).toEqual(['ok', 'failed', 'ok'])
  expect([before?.count, during?.count]).toEqual([3, 3])
  expect(before?.until).toBeLessThan(during?.at ?? 0)
})

test('another server that answers is another event', async () => {
  const { probe, operations, reached } = start(
    async number => ({ outcome: 'ok', server: number < 4 ? 'old' : 'new' }),
    {},
    1000,
    CALM_MS,
  )
  await reached(6)
  await probe.stop()
  expect(operations().map(({ server }) => server)).toEqual(['old', 'new'])
})

test('an operation that takes longer than the cadence does not pile up, and is stamped when it ended', async () => {
  let under = 0
  let most = 0
  const { probe, operations, reached } = start(async () => {
    most = Math.max(most, ++under)
    await sleep(30)
    under--
    return { outcome: 'ok' }
  })
  await reached(3)
  await probe.stop()
  expect(most).toBe(1)
  expect(operations()[0]?.at).toBeGreaterThanOrEqual(25)
  expect(operations()[0]?.tookMs).toBeGreaterThanOrEqual(25)
})

test('an operation that never comes back is unknown, not failed', async () => {
  const { probe, operations, reached } = start(() => new Promise(() => {}), {}, 20)
  await reached(2)
  await probe.stop()
  expect(operations()[0]?.outcome).toBe('unknown')
})

test('the ledger counts acknowledged writes that are missing; unknown ones are neither lost nor kept', async () => {
  const outcomes = ['ok', 'ok', 'unknown', 'unknown', 'ok', 'failed'] as const
  const { probe, ledgers, reached } = start(
    async number => {
      const outcome = outcomes[number - 1]
      if (outcome === undefined) return new Promise(() => {})
      return { outcome }
    },
    { survivors: async () => new Set([1, 4]) },
    200,
  )
  await reached(7)
  await probe.reconcile()
  await probe.reconcile()
  expect(ledgers()).toHaveLength(1)
  expect(ledgers()[0]).toMatchObject({ acknowledged: 3, lost: 2, unknown: 3, unknownKept: 1 })
  // The first write survived; after it, the second is the first that is lost and the fifth the last.
  expect(ledgers()[0]?.newestLost).toBeGreaterThan(ledgers()[0]?.survivedUntil ?? Number.POSITIVE_INFINITY)
})

test('what clients wrote after the recovery does not hide the time that is lost', async () => {
  const { probe, timeline, ledgers, reached } = start(async () => ({ outcome: 'ok' }), {
    survivors: async () => new Set([1, 2, 6, 7, 8]),
  })
  await reached(8)
  await probe.reconcile()
  const [ledger] = ledgers()
  const lost = (ledger?.newestLost ?? 0) - (ledger?.survivedUntil ?? Number.POSITIVE_INFINITY)
  expect(lost).toBeGreaterThan(0)
  expect(lost).toBeLessThan(timeline.clock.now())
})

test('markers that cannot be read give a ledger that says so, and no figure', async () => {
  const { probe, ledgers, reached } = start(async () => ({ outcome: 'ok' }), {
    survivors: () => Promise.reject(new Error('no such table')),
  })
  await reached(2)
  await probe.reconcile()
  expect(ledgers()[0]?.failure).toBe('no such table')
})

test('an answer that took long among quick ones is an event of its own', async () => {
  const { probe, operations, reached } = start(async number => {
    if (number === 4) await sleep(60)
    return { outcome: 'ok' }
  })
  await reached(7)
  await probe.stop()
  const slow = operations().filter(({ tookMs }) => tookMs >= 50)
  expect(slow.map(({ count }) => count)).toEqual([1])
})
