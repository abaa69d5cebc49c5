import { expect, it } from 'vitest'
import { mustParse } from '../../../../src/promql/parse.ts'
import { print } from '../../../../src/promql/print.ts'
import { withoutRecordings } from '../../../../src/promql/solve/recordings.ts'

const recordings = new Map([
  ['job:x:sum', [{ name: 'job:x:sum', labels: {}, expression: mustParse('sum by (job) (x)') }]],
  ['deep', [{ name: 'deep', labels: { tier: 'gold' }, expression: mustParse('job:x:sum / 2') }]],
])
const replaced = (text: string) => print(withoutRecordings(mustParse(text), recordings))

it('replaces recorded metrics, also those in between', () => {
  expect(replaced('deep > 1')).toBe('((sum by (job) (x)) / 2) > 1')
  expect(replaced('other > 1')).toBe('other > 1')
})

it('moves matchers to the selectors whose labels come out, and drops those on labels that the rule sets', () => {
  expect(replaced('job:x:sum{job="a"}')).toBe('(sum by (job) (x{job="a"}))')
  expect(replaced('job:x:sum{host="a"}')).toBe('(sum by (job) (x))')
  expect(replaced('deep{tier="gold"}')).toContain('(x)')
  expect(replaced('deep{tier="lead"}')).toBe('deep{tier="lead"}')
})

it('looks back at what it was made of', () => {
  expect(replaced('job:x:sum offset 1h')).toContain('x offset 3600s')
  expect(replaced('avg_over_time(job:x:sum[30m])')).toBe('avg_over_time(sum by (job) (x)[30m:])')
})
