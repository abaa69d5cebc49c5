import { expect, test } from 'vitest'
import { contains } from '../../../../src/regression/routes/time-interval.ts'

const inside = (interval: unknown, at: string) => contains([interval], new Date(at))

test('times hold from their start up to, not including, their end', () => {
  const office = { times: [{ start_time: '09:00', end_time: '17:00' }] }
  expect(['08:59', '09:00', '16:59', '17:00'].map(time => inside(office, `2026-03-02T${time}:30Z`))).toEqual([
    false,
    true,
    true,
    false,
  ])
  expect(inside({ times: [{ start_time: '22:00', end_time: '24:00' }] }, '2026-03-02T23:59:59Z')).toBe(true)
})

test('the location decides what time it is, summer time included', () => {
  const office = { times: [{ start_time: '09:00', end_time: '10:00' }], location: 'Europe/Berlin' }
  expect(inside(office, '2026-01-15T08:30:00Z')).toBe(true)
  expect(inside(office, '2026-07-15T08:30:00Z')).toBe(false)
  expect(inside(office, '2026-07-15T07:30:00Z')).toBe(true)
})

test('weekdays, months and years are ranges of names or numbers', () => {
  expect(inside({ weekdays: ['monday:friday'] }, '2026-11-27T12:00:00Z')).toBe(true)
  expect(inside({ weekdays: ['monday:friday'] }, '2026-11-28T12:00:00Z')).toBe(false)
  expect(inside({ weekdays: ['Saturday', 'sunday'] }, '2026-11-28T12:00:00Z')).toBe(true)
  expect(inside({ months: ['november:december'] }, '2026-11-28T12:00:00Z')).toBe(true)
  expect(inside({ months: ['1:3', '12'] }, '2026-11-28T12:00:00Z')).toBe(false)
  expect(inside({ years: ['2025:2026'] }, '2026-11-28T12:00:00Z')).toBe(true)
})

test('days of the month count from its end when negative, and are cut to the month', () => {
  const last = { days_of_month: ['-1'] }
  expect(inside(last, '2028-02-29T12:00:00Z')).toBe(true)
  expect(inside(last, '2026-02-27T12:00:00Z')).toBe(false)
  expect(inside({ days_of_month: ['29:31'] }, '2026-02-28T12:00:00Z')).toBe(false)
  expect(inside({ days_of_month: ['1:31'] }, '2026-02-28T12:00:00Z')).toBe(true)
  expect(inside({ days_of_month: ['-3:-1'] }, '2026-04-28T12:00:00Z')).toBe(true)
})

test('all fields must hold; one interval of several is enough; an empty one always holds', () => {
  const both = { weekdays: ['saturday'], months: ['december'] }
  expect(inside(both, '2026-11-28T12:00:00Z')).toBe(false)
  expect(contains([both, { months: ['november'] }], new Date('2026-11-28T12:00:00Z'))).toBe(true)
  expect(inside({}, '2026-11-28T12:00:00Z')).toBe(true)
  expect(contains([], new Date('2026-11-28T12:00:00Z'))).toBe(false)
})
