import { describe, expect, it } from 'vitest'
import { allow, type Road } from '../../../src/runtimes/lane.ts'

function road(bytesPerSecond: number): Road {
  return { delayMs: 0, bytesPerSecond, budget: { bytes: 0, at: 0 } }
}

/** Bytes that get through in `milliseconds`, when `wanted` are asked for again and again. */
function passed(way: Road, wanted: number, milliseconds: number, from = 0): number {
  let sum = 0
  for (let now = from; now < from + milliseconds; ) {
    const { allowed, waitMs } = allow(way, wanted, now)
    sum += allowed
    now += allowed > 0 ? 0 : waitMs
  }
  return sum
}

describe('a throttled road', () => {
  it.each([10, 2_000, 1_000_000])('lets %d bytes a second through, whatever the size of the pieces', rate => {
    for (const wanted of [1, 1_000, 65_536]) {
      const bytes = passed(road(rate), wanted, 10_000)
      expect(bytes).toBeGreaterThan(rate * 10 * 0.9)
      expect(bytes).toBeLessThanOrEqual(rate * 10 * 1.01)
    }
  })

  it('is no faster after a rest', () => {
    const way = road(1_000)
    passed(way, 500, 1_000)
    expect(passed(way, 500, 1_000, 60_000)).toBeLessThanOrEqual(1_100)
  })

  it('without a limit lets everything through at once', () => {
    expect(allow(road(Number.POSITIVE_INFINITY), 1e9, 0)).toEqual({ allowed: 1e9, waitMs: 0 })
  })
})
