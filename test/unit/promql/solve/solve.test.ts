import { expect, it } from 'vitest'
import { mustParse } from '../../../../src/promql/parse.ts'
import { Estimate } from '../../../../src/promql/solve/estimate.ts'
import { seriesOf } from '../../../../src/promql/solve/situation.ts'
import { describeWay, type Solved, solve } from '../../../../src/promql/solve/solve.ts'
import { bucketsFor } from '../../../../src/promql/solve/uses.ts'

function solved(text: string): Solved {
  const result = solve(mustParse(text))
  if ('reason' in result) throw new Error(result.reason)
  return result
}

const level = (result: Solved, index = 0) => result.solutions[0]?.situation.motions[index]?.level

it('puts a value just over its threshold, on it and just below it', () => {
  const { solutions } = solved('probe_duration_seconds > 2')
  const [solution] = solutions
  expect(solution?.situation.motions[0]?.level).toBeGreaterThan(2)
  expect(solution?.situation.motions[0]?.level).toBeLessThan(2.2)
  const levels = solution?.variations.flatMap(({ side, situation }) =>
    typeof side === 'number' ? [situation.motions[0]?.level ?? 0] : [],
  )
  expect(levels?.toSorted()).toEqual([expect.closeTo(1.94, 1), 2])
})

it('turns arithmetic round, and finds where one of two operands is given', () => {
  expect(level(solved('100 - free * 5 < 20'))).toBeCloseTo(16, 0)
  const ratio = solved('used / size * 100 > 90').solutions[0]?.situation.motions
  expect((ratio?.[0]?.level ?? 0) / (ratio?.[1]?.level ?? 1)).toBeCloseTo(0.927, 1)
})

it('gives a slope where the rule asks for a rate', () => {
  const motion = solved('increase(errors_total[10m]) > 60').solutions[0]?.situation.motions[0]
  expect(motion?.slope).toBeCloseTo(0.103, 2)
})

it('lets timestamps age by themselves', () => {
  const motion = solved('time() - last_run_timestamp_seconds > 3600').solutions[0]?.situation.motions[0]
  expect(motion).toMatchObject({ clock: true })
  expect(motion?.level).toBeLessThan(-3600)
  expect(motion?.level).toBeGreaterThan(-3960)
})

it('shows each side of an or deciding alone, and what an unless excludes', () => {
  expect(solved('a > 1 or b > 2').solutions.map(({ way }) => describeWay(way))).toEqual([
    expect.stringContaining('not b > 2'),
    expect.stringContaining('not a > 1'),
  ])
  const [unless] = solved('a > 1 unless on (instance) b == 1').solutions
  expect(unless?.situation.motions[1]?.level).not.toBe(1)
})

it('leaves out what must be absent', () => {
  const result = solved('absent(up{job="node"})')
  expect(result.solutions[0]?.situation.motions[0]?.present).toBe(false)
  expect(solved('vector(1)').always).toBe(true)
})

it('satisfies matchers, and keeps a narrower selector from feeding a wider one alone', () => {
  const { plan, solutions } = solved('sum(rate(x{code=~"5..", env!="test"}[5m])) / sum(rate(x[5m])) > 0.05')
  const situation = solutions[0]?.situation
  if (situation === undefined) throw new Error('not solved')
  const codes = seriesOf(plan, situation).map(({ labels }) => labels['code'] ?? '')
  expect(codes.some(code => /^5..$/.test(code))).toBe(true)
  expect(codes.some(code => !/^5..$/.test(code))).toBe(true)
})

it('gives both sides of a join the same labels, also where an aggregation drops some', () => {
  const { plan, solutions } = solved(
    'rate(switches_total[5m]) / count without (cpu, mode) (cpu_seconds_total{mode="idle"}) > 100',
  )
  expect(solutions).toHaveLength(1)
  expect(Object.keys(plan.classes[0]?.labels ?? {})).not.toContain('cpu')
})

it('makes as many series as a count asks for', () => {
  const { solutions } = solved('count by (job) (up == 0) > 6')
  expect(solutions[0]?.situation.counts['instance']).toBe(7)
})

it('turns a motion where a rule compares now with before', () => {
  const { solutions } = solved('queue > 2 * (queue offset 1h)')
  const [solution] = solutions
  expect(solution?.situation.elapsed).toBe(1800)
  const motion = solution?.situation.motions[0]
  expect(motion?.level).toBeGreaterThan(2 * (motion?.past?.level ?? 0))
})

it('says why it cannot', () => {
  expect(solve(mustParse('x{a="1",a="2"} > 0'))).toEqual({ reason: expect.stringContaining('label a') })
  const impossible = solved('x > 5 and x < 3')
  expect(impossible.solutions).toEqual([])
  expect(impossible.unsolved[0]).toContain('x > 5')
})

it('stops at its limit of work', () => {
  const result = solve(mustParse('a > 1 and b > 2 and c > 3'), { budget: 0 })
  expect('solutions' in result && result.solutions).toEqual([])
})

it('estimates what an expression is worth in what was found', () => {
  for (const text of [
    'histogram_quantile(0.9, sum by (le) (rate(latency_bucket[5m]))) > 0.3',
    'predict_linear(free[1h], 3600) < 0',
    'count(count_values("v", version)) > 1',
    'max_over_time(rate(x[5m])[1h:5m]) < 1',
    'quantile_over_time(0.5, x[10m]) >= 7',
  ]) {
    const { plan, solutions } = solved(text)
    const situation = solutions[0]?.situation
    expect(situation, text).toBeDefined()
    if (situation !== undefined) expect(new Estimate(plan, situation, false).of(plan.expression), text).not.toEqual([])
  }
})

it.each([
  ['rate(x_bucket{le="1"}[5m]) > 0', 'le', '1'],
  ['label_replace(a, "set", "$1", "owner", "(.*)") * on (set) group_left b > 1', 'set', 'owner-1'],
] as const)('gives %s a series with the label %s', (text, label, value) => {
  const { plan, solutions } = solved(text)
  expect(solutions).toHaveLength(1)
  expect(plan.classes.map(({ labels }) => labels[label])).toContain(value)
})

it('takes a product for one threshold, beside which an observation can lie', () => {
  expect(bucketsFor(mustParse('histogram_quantile(0.5, rate(x_bucket[5m])) > 7 * 24 * 3600'))).toContain(604_800)
})

it.each(['used / sum(limit > 0) > 0.8', 'sum by (job) (used) / sum by (job) (limit > 0) > 0.8'])(
  'tries %s once with all limits at zero, though nothing can be divided by it',
  text => {
    const { solutions } = solved(text)
    const zeros = solutions[0]?.variations.filter(({ situation: { motions } }) => {
      const limit = motions[1]
      return limit?.present && limit.level === 0 && limit.rest === undefined
    })
    expect(zeros).toHaveLength(1)
  },
)
