import { describe, expect, test } from 'vitest'
import type { Verdict } from '../../../src/model/verdict.ts'
import { judge } from '../../../src/run/judge.ts'
import type { Timing } from '../../../src/run/load/scenario.ts'

/** Feeds looks `[second, verdict]` until one decides; the last of them is the last there is. */
function decide(timing: Timing, looks: readonly [number, Verdict][], { tolerance = 60, grace = 5 } = {}) {
  const judging = judge(timing, { tolerance, grace, reference: 'the fault' })
  for (const [index, [at, verdict]] of looks.entries()) {
    const finding = {
      verdict,
      message: verdict === 'unknown' ? 'could not be checked: refused' : `it is ${verdict}`,
      evidence: [],
    }
    const outcome = judging.seen({ at, finding }, index === looks.length - 1)
    if (outcome !== undefined) return { ...outcome, looks: index + 1 }
  }
  return undefined
}

describe('within', () => {
  const timing: Timing = { when: 'within', until: 300 }
  test('is met at the first yes, between the last no and it', () => {
    const outcome = decide(timing, [
      [0, 'unmet'],
      [100, 'unmet'],
      [120, 'met'],
      [140, 'unmet'],
    ])
    expect(outcome).toMatchObject({ finding: { verdict: 'met' }, after: 100, at: 120, looks: 3 })
  })
  test('is unmet only at its deadline, and says what was seen last', () => {
    const outcome = decide(timing, [
      [0, 'unmet'],
      [299, 'unmet'],
      [300, 'unmet'],
    ])
    expect(outcome).toMatchObject({
      looks: 3,
      finding: { verdict: 'unmet', message: expect.stringContaining('not within 5m of the fault: it is unmet') },
    })
  })
  test('a check that fails at the deadline leaves it unknown, never unmet', () => {
    expect(
      decide(timing, [
        [0, 'unmet'],
        [300, 'unknown'],
      ])?.finding.verdict,
    ).toBe('unknown')
  })
  test('a check that fails in between is asked again', () => {
    expect(
      decide(timing, [
        [0, 'unknown'],
        [100, 'unknown'],
        [200, 'met'],
      ])?.finding.verdict,
    ).toBe('met')
  })
  test('a yes long after the deadline tells nothing about the deadline', () => {
    expect(
      decide(timing, [
        [0, 'unmet'],
        [400, 'met'],
      ])?.finding.verdict,
    ).toBe('unknown')
  })
})

describe('between', () => {
  const timing: Timing = { when: 'between', from: 300, until: 420 }
  test('met too early is unmet at once', () => {
    const outcome = decide(timing, [
      [0, 'unmet'],
      [200, 'met'],
      [350, 'met'],
    ])
    expect(outcome).toMatchObject({
      looks: 2,
      finding: { verdict: 'unmet', message: expect.stringContaining('too early') },
    })
  })
  test('met in the span is met', () => {
    expect(
      decide(timing, [
        [0, 'unmet'],
        [290, 'unmet'],
        [310, 'met'],
      ])?.finding.verdict,
    ).toBe('met')
  })
  test('met never is unmet', () => {
    expect(
      decide(timing, [
        [0, 'unmet'],
        [420, 'unmet'],
      ])?.finding.verdict,
    ).toBe('unmet')
  })
})

describe('throughout', () => {
  const timing: Timing = { when: 'throughout', until: 100 }
  test('one no ends it', () => {
    expect(
      decide(timing, [
        [0, 'met'],
        [50, 'unmet'],
        [100, 'met'],
      ]),
    ).toMatchObject({ looks: 2, finding: { verdict: 'unmet' } })
  })
  test('held to the end is met', () => {
    expect(
      decide(timing, [
        [0, 'met'],
        [50, 'met'],
        [100, 'met'],
      ])?.finding.verdict,
    ).toBe('met')
  })
  test('a hole in which it could have failed leaves it unknown', () => {
    const outcome = decide(timing, [
      [0, 'met'],
      [20, 'unknown'],
      [90, 'unknown'],
      [100, 'met'],
    ])
    expect(outcome?.finding).toMatchObject({ verdict: 'unknown', message: expect.stringContaining('refused') })
  })
})

describe('never', () => {
  test('seen once is unmet at once', () => {
    expect(
      decide({ when: 'never', until: 'end' }, [
        [0, 'unmet'],
        [10, 'met'],
        [20, 'unmet'],
      ]),
    ).toMatchObject({ looks: 2, finding: { verdict: 'unmet' } })
  })
  test('not seen until the end of observation is met', () => {
    expect(
      decide({ when: 'never', until: 'end' }, [
        [0, 'unmet'],
        [50, 'unmet'],
        [99, 'unmet'],
      ]),
    ).toMatchObject({ looks: 3, finding: { verdict: 'met' } })
  })
  test('a span of its own ends it earlier', () => {
    expect(
      decide({ when: 'never', until: 40 }, [
        [0, 'unmet'],
        [40, 'unmet'],
        [50, 'met'],
      ]),
    ).toMatchObject({ looks: 2, finding: { verdict: 'met' } })
  })
  test('nobody could look at all: unknown', () => {
    expect(
      decide({ when: 'never', until: 'end' }, [
        [0, 'unknown'],
        [99, 'unknown'],
      ])?.finding.verdict,
    ).toBe('unknown')
  })
})
