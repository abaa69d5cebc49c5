import { expect, test } from 'vitest'
import { ReplayClock } from '../../../src/services/replay-clock.ts'

test('lag is the age of the oldest write that is not visible, and 0 when all are', () => {
  const clock = new ReplayClock()
  expect(clock.behind(0, 1_000)).toBe(0)
  clock.wrote(10, 100)
  clock.wrote(20, 300)
  clock.wrote(30, 500)
  expect(clock.behind(30, 9_000)).toBe(0)
  expect(clock.behind(20, 600)).toBe(100)
  expect(clock.behind(15, 600)).toBe(300)
  expect(clock.behind(5, 600)).toBe(500)
  expect(clock.latest()).toBe(30)
})

test('a position that falls begins a new history', () => {
  const clock = new ReplayClock()
  clock.wrote(100, 1)
  clock.wrote(5, 2)
  expect(clock.behind(5, 1_000)).toBe(0)
  expect(clock.behind(4, 1_000)).toBe(998)
})

test('what it keeps is bounded', () => {
  const clock = new ReplayClock(3)
  for (let position = 1; position <= 10; position++) clock.wrote(position, position)
  expect(clock.behind(0, 100)).toBe(92)
})
