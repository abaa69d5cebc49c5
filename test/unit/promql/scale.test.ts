import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration } from '../../../src/model/duration.ts'
import { scaleExpression } from '../../../src/promql/scale.ts'

const world = (metric: string | undefined) => {
  if (metric === undefined || metric.startsWith('unknown_')) return undefined
  return metric.startsWith('wall_') ? ('wall' as const) : ('drill' as const)
}
const scale = (text: string, timeScale = 60) => scaleExpression(text, { timeScale, world })

describe('keeps the meaning of', () => {
  it.each([
    ['rate(x[5m]) > 1', '(rate(x[5s]) / 60) > 1'],
    ['irate(x[5m])', '(irate(x[5s]) / 60)'],
    ['deriv(x[1h])', '(deriv(x[1m]) / 60)'],
    ['rate(wall_x[5m])', 'rate(wall_x[5s])'],
    ['increase(x[1h]) > 3', 'increase(x[1m]) > 3'],
    ['increase(wall_x[1h]) > 3', '(increase(wall_x[1m]) * 60) > 3'],
    ['delta(wall_x[1h])', '(delta(wall_x[1m]) * 60)'],
    ['predict_linear(x[3h], 4 * 3600) < 0', 'predict_linear(x[3m], ((4 * 3600) / 60)) < 0'],
    ['predict_linear(wall_x[3h], 3600)', 'predict_linear(wall_x[3m], 3600)'],
    ['max_over_time(x[1h] offset 1d)', 'max_over_time(x[1m] offset 24m)'],
    ['max_over_time(rate(x[5m])[1h:5m] offset -1h)', 'max_over_time((rate(x[5s]) / 60)[1m:5s] offset -1m)'],
    ['time() - x > 2592000', 'time() - x > 2592000'],
    ['(x - time()) / 86400 < 20', '(x - time()) / 86400 < 20'],
    ['time() - timestamp(x) > 60', 'time() - (time() - (time() - timestamp(x)) * 60) > 60'],
    ['absent_over_time(x[10m])', 'absent_over_time(x[10s])'],
    ['x > 5m', 'x > 5m'],
    ['x @ end()', 'x @ end()'],
    ['sum by (a) ( rate(x [ 5m ]) ) # why', 'sum by (a) ( (rate(x [ 5s ]) / 60) ) # why'],
  ])('%s', (text, expected) => {
    expect(scale(text)).toEqual({ text: expected, warnings: expect.any(Array) })
  })

  it('changes() of a real service, but warns', () => {
    expect(scale('changes(wall_x[1h]) > 2').warnings.join()).toContain('discrete events do not scale')
    expect(scale('changes(x[1h]) > 2').warnings).toEqual([])
  })

  it('everything at a time scale of 1', () => {
    expect(scale('hour() > 8 and rate(unknown_x[5m]) > 1', 1)).toEqual({
      text: 'hour() > 8 and rate(unknown_x[5m]) > 1',
      warnings: [],
    })
  })
})

describe('refuses', () => {
  it.each([
    ['rate(unknown_x[5m])', 'not known'],
    ['rate({__name__=~"x.*"}[5m])', 'not known'],
    ['rate((x + wall_x)[1h:])', 'mixes x (drill time) and wall_x (wall time)'],
    ['hour() > 8 and x', 'calendar'],
    ['day_of_week(x) == 1', 'calendar'],
    ['time() % 86400 < 3600 and x', 'not drill time'],
    ['vector(time())', 'not drill time'],
    ['x @ 1609746000', 'instant of the wall clock'],
    ['time() - ALERTS_FOR_STATE > 60', 'instants of the wall clock'],
    ['max_over_time(x[50ms])', 'under 1 ms'],
    ['x[step():]', "the query's own step"],
    ['x >', 'cannot be parsed'],
  ])('%s', (text, reason) => {
    const scaled = scale(text)
    expect(scaled.refused).toContain(reason)
    expect(scaled.text).toBe(text)
  })
})

it('scaling by K and back gives the same durations', () => {
  const seconds = fc.integer({ min: 1, max: 100_000 })
  fc.assert(
    fc.property(seconds, seconds, fc.constantFrom(2, 5, 10, 50), (range, offset, timeScale) => {
      const text = `max_over_time(x[${range * 60}s:${range}s] offset ${offset}s)`
      const there = scaleExpression(text, { timeScale, world })
      const back = scaleExpression(there.text, { timeScale: 1 / timeScale, world })
      const [long, short, ago] = [range * 60, range, offset].map(formatDuration)
      expect(back.text).toBe(`max_over_time(x[${long}:${short}] offset ${ago})`)
    }),
  )
})
