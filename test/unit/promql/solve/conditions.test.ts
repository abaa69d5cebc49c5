import { expect, it } from 'vitest'
import { mustParse } from '../../../../src/promql/parse.ts'
import { waysOf } from '../../../../src/promql/solve/conditions.ts'
import { describeCondition } from '../../../../src/promql/solve/solve.ts'

const ways = (text: string, wanted: boolean) => waysOf(mustParse(text), wanted).map(way => way.map(describeCondition))

it('wants both sides of an and, one of an or, the left of an unless', () => {
  expect(ways('a > 1 and b > 2', true)).toEqual([['a exists', 'a > 1', 'b exists', 'b > 2']])
  expect(ways('a or b', true)).toEqual([
    ['a exists', 'no b exists'],
    ['no a exists', 'b exists'],
  ])
  expect(ways('a unless b', true)).toEqual([['a exists', 'no b exists']])
})

it('gives nothing in every way in which it can', () => {
  expect(ways('a > 1', false)).toEqual([['a exists', 'not a > 1'], ['no a exists']])
  expect(ways('absent(a)', false)).toEqual([['a exists']])
  expect(ways('vector(1)', false)).toEqual([])
})

it('leaves out ways that contradict themselves', () => {
  expect(ways('a unless a', true)).toEqual([])
})

it('keeps the number of ways bounded', () => {
  const text = Array.from({ length: 12 }, (_, index) => `(a${index} > 1 or b${index} > 1)`).join(' and ')
  expect(ways(text, true).length).toBeLessThan(20)
})
