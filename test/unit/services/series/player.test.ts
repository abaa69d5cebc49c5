import { describe, expect, test } from 'vitest'
import { isTimestamp, readSeries, shownAt } from '../../../../src/services/series/player.ts'

const runsOf = (notation: string) => {
  const { series, problems } = readSeries({ x: notation })
  expect(problems).toEqual([])
  return series[0]?.runs ?? []
}
const shown = (notation: string, times: readonly number[]) => {
  const runs = runsOf(notation)
  return times.map(seconds => shownAt(runs, 60, seconds))
}

describe('a played series', () => {
  test('shows each value from its instant on, the first before the play and the last after it', () => {
    expect(shown('1 2 3', [0, 59, 60, 119, 120, 100_000])).toEqual([1, 1, 2, 2, 3, 3])
    expect(shown('10-2x3', [0, 60, 120, 180])).toEqual([10, 8, 6, 4])
    expect(shown('NaN', [0])).toEqual([Number.NaN])
  })

  test('bridges a missing sample for five minutes, as Prometheus does, and ends at a staleness marker', () => {
    expect(shown('7 _x9 1', [0, 60, 299, 300, 600])).toEqual([7, 7, 7, undefined, 1])
    expect(shown('7 stale 1', [0, 60, 119, 120])).toEqual([7, undefined, undefined, 1])
    expect(shown('7 stale _ 1', [120])).toEqual([undefined])
    expect(shown('_ 1', [0, 60])).toEqual([undefined, 1])
    expect(shown('1 stale', [100_000])).toEqual([undefined])
  })

  test('says what is wrong, all at once', () => {
    const { problems } = readSeries({ 'up{job=~"x"}': '1', x: '1xx', 'y{': '1', z: '{{schema:1}}' })
    expect(problems.map(({ selector }) => selector)).toEqual(['up{job=~"x"}', 'x', 'y{', 'z'])
    expect(problems[3]?.message).toMatch(/native histogram/i)
  })

  test.each([
    ['genesis_dr_test_last_run_timestamp', true],
    ['x_timestamp_seconds', true],
    ['process_start_time_seconds', true],
    ['request_time_seconds', false],
    ['timestamps_total', false],
  ])('%s is an instant: %s', (metric, instant) => {
    expect(isTimestamp(metric)).toBe(instant)
  })
})
