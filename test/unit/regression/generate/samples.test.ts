import { expect, test } from 'vitest'
import { readSamples } from '../../../../src/regression/generate/samples.ts'

test('samples are read as promtool prints them, whatever their labels hold', () => {
  expect(readSamples('{__name__="a:b", c="d\\"}, {e", f="1E+00"} 1E+07, {__name__="a:b"} -2.5E-01, {} +Inf')).toEqual([
    { labels: '{__name__="a:b", c="d\\"}, {e", f="1E+00"}', value: 1e7 },
    { labels: '{__name__="a:b"}', value: -0.25 },
    { labels: '{}', value: Number.POSITIVE_INFINITY },
  ])
  expect(readSamples('nil')).toEqual([])
})

test.each(['{__name__="x"} NaN', '{__name__="x"} {count:1, sum:2}', 'something else'])(
  '%s cannot be expected',
  text => {
    expect(readSamples(text)).toBeUndefined()
  },
)
