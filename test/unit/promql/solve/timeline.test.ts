import { expect, it } from 'vitest'
import { mustParse } from '../../../../src/promql/parse.ts'
import { type Plan, planSeries } from '../../../../src/promql/solve/plan.ts'
import { type Motion, type Situation, seriesOf, still } from '../../../../src/promql/solve/situation.ts'
import { play } from '../../../../src/promql/solve/timeline.ts'

function plan(text: string): Plan {
  const planned = planSeries(mustParse(text))
  if ('reason' in planned) throw new Error(planned.reason)
  return planned
}

const situation = (motion: Partial<Motion>): Situation => ({
  motions: [{ ...still, ...motion }],
  counts: {},
  sample: 60,
  elapsed: undefined,
  now: 0,
})

function values(text: string, ...motions: Partial<Motion>[]): string | undefined {
  const planned = plan(text)
  const stretches = motions.map(motion => ({ situation: situation(motion), seconds: 120, anchor: 0 }))
  const series = seriesOf(planned, { counts: {} }).map(one => ({ series: one }))
  return play(planned, stretches, series, 60)[0]?.values
}

it('plays levels, and lets a counter grow on without a jump', () => {
  expect(values('a > 1', { level: 1 }, { level: 5 })).toBe('1x2 5x1')
  expect(values('rate(a[5m]) > 1', { slope: 1 }, { slope: 2 })).toBe('0+60x2 240+120x1')
})

it('marks where a series ends, and plays what ages by itself', () => {
  expect(values('a > 1', { level: 1 }, { present: false })).toBe('1x2 stale _')
  expect(values('time() - a > 1', { clock: true, level: -100 })).toBe('-100+60x2')
})

it('lifts what falls above zero', () => {
  expect(values('delta(a[5m]) < 0', { slope: -1 })).toBe('1000-60x2')
})

it('changes as often as asked', () => {
  expect(values('changes(a[5m]) > 1', { level: 7, churn: 1 / 60 })).toBe('7 8 7')
})
