import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, parseDuration, readableDuration } from '../../../src/model/duration.ts'

test('durations are read as Prometheus reads them', () => {
  expect(parseDuration('1h30m')).toBe(5_400)
  expect(parseDuration('1d')).toBe(86_400)
  expect(parseDuration('2w')).toBe(1_209_600)
  expect(parseDuration('250ms')).toBe(0.25)
  expect(parseDuration('0')).toBe(0)
  for (const none of ['', '5', 'm', '5 m', '30m1h', '1.5h', '-5m', '5min']) expect(parseDuration(none)).toBeUndefined()
})

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), milliseconds => {
      expect(Math.round((parseDuration(formatDuration(milliseconds / 1000)) ?? Number.NaN) * 1000)).toBe(milliseconds)
    }),
  )
})

test('people read two units at most', () => {
  expect(readableDuration(0.34)).toBe('340 ms')
  expect(readableDuration(1.25)).toBe('1.25 s')
  expect(readableDuration(312)).toBe('5m 12s')
  expect(readableDuration(90_061)).toBe('1d 1h')
  expect(readableDuration(3_600)).toBe('1h')
})
