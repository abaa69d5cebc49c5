import { describe, expect, it } from 'vitest'
import { ScenarioError } from '../../../src/model/errors.ts'
import { readSlaTable, type Sla } from '../../../src/sla/file.ts'
import { judgeNow, type Series, windowJudge } from '../../../src/sla/judge.ts'
import { parseWindow, type Window } from '../../../src/sla/window.ts'

const NOW = Date.UTC(2026, 10, 28, 12) / 1000

const lag: Sla = {
  name: 'replication_sla',
  query: 'lag',
  operator: '<=',
  target: 300,
  unit: 'seconds',
  availability: 99.9,
  place: { file: 'sla.yml', line: 1, column: 1 },
}

function one(value: number, instance = 'a'): Series {
  return { labels: { instance }, points: [[NOW, value]] }
}

describe('the table', () => {
  const table = (text: string) => readSlaTable(text, 'sla.yml').slas
  const problems = (text: string) => {
    try {
      readSlaTable(text, 'sla.yml')
    } catch (error) {
      if (error instanceof ScenarioError) return error.message.split('\n')
      throw error
    }
    return []
  }

  it('is read in the shape of the seeds, wrapped or bare', () => {
    const entry = 'backup_sla: { target: 4, query: genesis_backup_age_hours, operator: "<" }'
    for (const text of [`sla_metrics:\n  ${entry}\n`, `${entry}\n`])
      expect(table(text)).toMatchObject([
        { name: 'backup_sla', target: 4, query: 'genesis_backup_age_hours', operator: '<', availability: 99.9 },
      ])
  })

  it('takes an availability for all and for one', () => {
    const slas = table(
      'availability: 99\nsla_metrics:\n  a: { target: 1, query: x, operator: ">" }\n  b: { target: 1, query: x, operator: ">", availability: 95 }\n',
    )
    expect(slas.map(({ availability }) => availability)).toEqual([99, 95])
  })

  it('names every problem with its line', () => {
    const text = [
      'sla_metrics:',
      '  a: { target: four, query: x, operator: "<" }',
      '  b: { target: 1, query: "rate(x[5m", operator: "=<" }',
      '  c: { targt: 1, query: x, operator: "<", availability: 101 }',
    ].join('\n')
    expect(problems(text)).toEqual([
      expect.stringMatching(/^sla\.yml:2:16: target of SLA a must be a number/),
      expect.stringMatching(/^sla\.yml:3:.*must be one of < <= > >= == !=, got =</),
      expect.stringMatching(/^sla\.yml:3:.*query of SLA b is no PromQL/),
      expect.stringMatching(/^sla\.yml:4:.*unknown key targt.*did you mean target/),
      expect.stringMatching(/^sla\.yml:4:.*SLA c has no target/),
      expect.stringMatching(/^sla\.yml:4:.*at most 100, got 101/),
    ])
    expect(problems('sla_metrics: {}')).toEqual([expect.stringContaining('expected at least one SLA')])
  })
})

describe('now', () => {
  it('complies at the target itself only when the operator says so', () => {
    expect(judgeNow(lag, [one(300)]).verdict).toBe('met')
    expect(judgeNow({ ...lag, operator: '<' }, [one(300)]).verdict).toBe('unmet')
    expect(judgeNow({ ...lag, operator: '>=', target: 0.8 }, [one(0.8)]).verdict).toBe('met')
    expect(judgeNow({ ...lag, operator: '==', target: 1 }, [one(0)]).verdict).toBe('unmet')
    expect(judgeNow({ ...lag, operator: '!=', target: 0 }, [one(0)]).verdict).toBe('unmet')
  })

  it('needs every series to comply and names the worst', () => {
    const judged = judgeNow(lag, [one(10), one(900, 'b'), one(400, 'c')])
    expect(judged).toMatchObject({ verdict: 'unmet', series: 3, worst: { labels: { instance: 'b' }, value: 900 } })
    expect(judgeNow({ ...lag, operator: '>=', target: 0.8 }, [one(0.9), one(0.2, 'b')]).worst?.value).toBe(0.2)
    expect(judgeNow({ ...lag, operator: '==', target: 1 }, [one(1), one(-5, 'b')]).worst?.value).toBe(-5)
  })

  it('is unknown, with the reason, when the metric is absent or NaN', () => {
    expect(judgeNow(lag, [])).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('absent') })
    expect(judgeNow(lag, [one(5), one(Number.NaN, 'b')])).toMatchObject({
      verdict: 'unknown',
      reason: '{instance="b"} is NaN: there is nothing to compare',
    })
    expect(judgeNow(lag, [one(900), one(Number.NaN, 'b')]).verdict).toBe('unmet')
    expect(judgeNow(lag, [one(Number.POSITIVE_INFINITY)]).verdict).toBe('unmet')
  })
})

describe('the window', () => {
  it('has the real length of a month', () => {
    const minutes = (text: string) => ((parseWindow(text, NOW)?.length ?? 0) * 0.001) / 60
    expect(minutes('30d')).toBeCloseTo(43.2)
    expect(minutes('2026-10')).toBeCloseTo(44.64)
    expect(minutes('2026-02')).toBeCloseTo(40.32)
    expect(minutes('2024-02')).toBeCloseTo(41.76)
  })

  it('ends with the month, or now while the month lasts', () => {
    expect(parseWindow('2026-10', NOW)?.to).toBe(Date.UTC(2026, 10, 1) / 1000)
    expect(parseWindow('month', NOW)).toMatchObject({ to: NOW, length: 30 * 86_400 })
  })

  it('is refused when it is none', () => {
    for (const text of ['', 'soon', '0s', '2026-13', '2026-12']) expect(parseWindow(text, NOW)).toBeUndefined()
  })

  it('is cut into whole milliseconds that fill it', () => {
    for (const text of ['90s', '1h', '1d', '30d', '2026-10', '1y']) {
      const window = parseWindow(text, NOW)
      if (window === undefined) throw new Error(text)
      const looks = (window.to - window.from) / window.step
      expect(looks).toBeCloseTo(Math.round(looks), 6)
      expect((window.step * 1000) % 1).toBeCloseTo(0, 6)
      expect(looks).toBeLessThanOrEqual(150_001)
    }
  })
})

describe('the error budget', () => {
  const window: Window = { from: NOW - 10_000, to: NOW, length: 10_000, step: 10 }
  const instants = Array.from({ length: 1000 }, (_, index) => window.from + (index + 1) * 10)
  const series = (value: (index: number) => number | undefined, instance = 'a'): Series => ({
    labels: { instance },
    points: instants.flatMap((at, index) => {
      const found = value(index)
      return found === undefined ? [] : [[at, found] as const]
    }),
  })
  const over = (availability: number, ...all: Series[]) => {
    const judge = windowJudge({ ...lag, availability }, window)
    judge.add(all, instants)
    return judge.result()
  }

  it('counts allowed, used and left', () => {
    const result = over(
      99,
      series(index => (index < 7 ? 900 : 5)),
    )
    expect(result).toMatchObject({ verdict: 'met', compliant: 0.993, worst: { value: 900 } })
    expect(result.budget).toEqual({ allowed: 100, used: 70, blind: 0, left: 30 })
  })

  it('is kept at exactly its size and overdrawn one look later', () => {
    expect(
      over(
        99,
        series(index => (index < 10 ? 900 : 5)),
      ).verdict,
    ).toBe('met')
    const overdrawn = over(
      99,
      series(index => (index < 11 ? 900 : 5)),
    )
    expect(overdrawn).toMatchObject({
      verdict: 'unmet',
      budget: { left: -10 },
      reason: 'the error budget is overdrawn',
    })
  })

  it('allows nothing at 100 %', () => {
    expect(
      over(
        100,
        series(() => 5),
      ).verdict,
    ).toBe('met')
    expect(
      over(
        100,
        series(index => (index === 3 ? 301 : 5)),
      ).verdict,
    ).toBe('unmet')
  })

  it('adds no breach twice when two series break together', () => {
    const bad = (index: number) => (index < 5 ? 900 : 5)
    expect(over(99, series(bad), series(bad, 'b')).budget.used).toBe(50)
  })

  it('does not take missing data for compliance', () => {
    expect(over(99)).toMatchObject({ verdict: 'unknown', compliant: 0, reason: expect.stringContaining('absent') })
    expect(
      over(
        99,
        series(index => (index < 500 ? undefined : 5)),
      ),
    ).toMatchObject({
      verdict: 'unknown',
      budget: { used: 0, blind: 5000 },
    })
    expect(
      over(
        99,
        series(() => Number.NaN),
      ).verdict,
    ).toBe('unknown')
    expect(
      over(
        99,
        series(index => (index < 5 ? undefined : 5)),
      ).verdict,
    ).toBe('met')
  })

  it('notices a series that vanishes while others stay: its exporter died', () => {
    const result = over(
      99,
      series(() => 5),
      series(index => (index < 500 ? 5 : undefined), 'b'),
    )
    expect(result).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('{instance="b"} was missing') })
  })

  it('does not expect a series before it was born', () => {
    expect(
      over(
        99,
        series(() => 5),
        series(index => (index < 500 ? undefined : 5), 'b'),
      ).verdict,
    ).toBe('met')
  })

  it('is overdrawn whatever the gaps hide', () => {
    expect(
      over(
        99,
        series(index => (index < 20 ? 900 : index < 600 ? undefined : 5)),
      ).verdict,
    ).toBe('unmet')
  })

  it('gives the same for chunks as for the whole', () => {
    const all = series(index => (index % 100 === 0 ? 900 : index > 900 ? undefined : 5))
    const judge = windowJudge({ ...lag, availability: 99 }, window)
    for (let first = 0; first < 1000; first += 130) {
      const part = instants.slice(first, first + 130)
      judge.add([{ ...all, points: all.points.filter(([at]) => part.includes(at)) }], part)
    }
    expect(judge.result()).toEqual(over(99, all))
  })
})
