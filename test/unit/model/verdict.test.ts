import { expect, test } from 'vitest'
import { nearest } from '../../../src/model/nearest.ts'
import { worst } from '../../../src/model/verdict.ts'

test('one unmet finding outweighs what is unknown, and that what is met', () => {
  expect(worst([])).toBe('met')
  expect(worst(['met', 'unknown'])).toBe('unknown')
  expect(worst(['unknown', 'unmet', 'met'])).toBe('unmet')
})

test('the nearest name is a plausible slip, or none', () => {
  expect(nearest('titel', ['title', 'system'])).toBe('title')
  expect(nearest('kil', ['kill', 'stop'])).toBe('kill')
  expect(nearest('banana', ['kill', 'stop'])).toBeUndefined()
})
