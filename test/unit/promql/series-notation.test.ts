import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  countValues,
  formatSeriesName,
  formatValues,
  type PlayedValue,
  parseSeriesName,
  parseValues,
  valueAt,
  valuesOf,
} from '../../../src/promql/series-notation.ts'

function values(text: string): PlayedValue[] {
  const runs = parseValues(text)
  if ('error' in runs) throw new Error(runs.error)
  return [...valuesOf(runs)]
}

describe('values', () => {
  it.each<[string, PlayedValue[]]>([
    ['1+1x3', [1, 2, 3, 4]],
    ['10-5x2', [10, 5, 0]],
    ['-2x2', [-2, -2, -2]],
    ['1 _ 2', [1, 'missing', 2]],
    ['_x3 1', ['missing', 'missing', 'missing', 1]],
    ['5 stale', [5, 'stale']],
    ['NaN -Inf inf', [Number.NaN, -Infinity, Infinity]],
    ['1e3 .5+.25x1 0x2', [1000, 0.5, 0.75, 0, 0, 0]],
  ])('%s', (text, expected) => {
    expect(values(text)).toEqual(expected)
  })

  it.each([
    ['', 0, 'no values'],
    ['1 two', 2, '"two"'],
    ['1 x5', 2, '"x5"'],
    ['stalex3', 0, 'cannot be repeated'],
    ['NaNx3', 0, 'cannot be repeated'],
    ['0 {{schema:1 sum:3}}', 2, 'native histograms'],
    ['1x99999999', 0, 'more than'],
  ])('refuses %j at %i', (text, at, message) => {
    expect(parseValues(text)).toEqual({ error: expect.stringContaining(message), at })
  })

  it('gives the value of any instant without going through all', () => {
    const runs = parseValues('0+1x1000000 _x2 7')
    if ('error' in runs) throw new Error(runs.error)
    expect(countValues(runs)).toBe(1_000_004)
    expect([0, 999_999, 1_000_001, 1_000_003, 1_000_004].map(index => valueAt(runs, index))).toEqual([
      0,
      999_999,
      'missing',
      7,
      'missing',
    ])
  })

  it('writes any list so that it reads as the same list', () => {
    const value = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.double(),
      fc.constantFrom<PlayedValue>('missing', 'stale', 0.1, 0.2, 0.3),
    )
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 30 }), list => {
        const plain = list.map(item => (Object.is(item, -0) ? 0 : item))
        expect(values(formatValues(plain))).toEqual(plain)
      }),
    )
  })

  it('writes steps and repetitions shortly', () => {
    expect(formatValues([1, 1, 1, 2, 4, 6, 8, 'missing', 'missing', 'stale', 5])).toBe('1x2 2+2x3 _x2 stale 5')
  })
})

describe('names', () => {
  it('reads and writes them', () => {
    expect(parseSeriesName('up{job="a", instance="b:1"}')).toEqual({
      metric: 'up',
      labels: { job: 'a', instance: 'b:1' },
    })
    expect(parseSeriesName('{__name__="up"}')).toEqual({ metric: 'up', labels: {} })
    expect(formatSeriesName({ metric: 'up', labels: { job: 'a"b', 'x.y': '' } })).toBe('up{job="a\\"b", "x.y"=""}')
  })

  it.each(['up{job=~"a"}', 'rate(up[5m])', '{job="a"}', 'up{a="1",a="2"}', 'up >'])('refuses %s', text => {
    expect(parseSeriesName(text)).toHaveProperty('error')
  })
})
