import { describe, expect, test } from 'vitest'
import {
  chooseSet,
  describeSet,
  holeInTheWay,
  type PostgresSet,
  recoverySettings,
} from '../../../../src/services/postgres/backup-set.ts'

const set = (id: string, stoppedAt: number, timeline = 1): PostgresSet => ({
  ...describeSet(id, `"WAL-Ranges": [{ "Timeline": ${timeline}, "Start-LSN": "0/200028", "End-LSN": "0/200100" }]`, {
    startedAt: stoppedAt - 10,
    stoppedAt,
    sizeBytes: 1,
  }),
})
const sets = [set('old', 1_000), set('new', 2_000)]
const archive = { segments: [], histories: new Map<number, string>() }

describe('which backup set is restored', () => {
  test('the newest for the end, the newest that ended in time for an instant or a mistake', () => {
    expect(chooseSet(sets, { to: 'end' }, archive).id).toBe('new')
    expect(chooseSet(sets, { to: { time: 1_999 } }, archive).id).toBe('old')
    expect(chooseSet(sets, { to: { time: 2_000 } }, archive).id).toBe('new')
    expect(chooseSet(sets, { to: { beforeXid: '7', began: 1_500 } }, archive).id).toBe('old')
    expect(chooseSet(sets, { set: 'old', to: 'end' }, archive).id).toBe('old')
  })

  test('says why none will do, and when the mistake began', () => {
    expect(() => chooseSet([], { to: 'end' }, archive)).toThrow(/no backup set to recover to the end/)
    expect(() => chooseSet(sets, { to: { beforeXid: '7', began: 500 } }, archive)).toThrow(
      /no backup set ended early enough .*mistake that began at 1970-01-01T00:00:00.500Z; there are: old .*new/,
    )
    expect(() => chooseSet(sets, { set: 'new', to: { time: 1_500 } }, archive)).toThrow(/too late/)
    expect(() => chooseSet(sets, { set: 'none', to: 'end' }, archive)).toThrow(/no backup set none; there are: old/)
  })

  test('never one of a history that was left', () => {
    const left = { segments: [], histories: new Map([[2, '1\t0/200080\tx\n']]) }
    expect(() => chooseSet(sets, { to: 'end' }, left)).toThrow(/belongs to the history/)
    expect(chooseSet([...sets, set('newest', 3_000, 2)], { to: 'end' }, left).id).toBe('newest')
  })

  test('the manifest gives the WAL range', () => {
    expect(sets[0]).toMatchObject({
      walStart: '000000010000000000000002',
      walStop: '000000010000000000000002',
      timeline: 1,
      verification: 'unverified',
    })
    expect(() => describeSet('x', '{}', { startedAt: 0, stoppedAt: 0, sizeBytes: 0 })).toThrow(/names no WAL range/)
  })

  test('a hole in the way is named', () => {
    expect(holeInTheWay(set('a', 1), { to: 'end' }, archive)).toMatch(/000000010000000000000002 missing/)
    const whole = { segments: [{ name: '000000010000000000000002', archivedAt: 1 }], histories: new Map() }
    expect(holeInTheWay(set('a', 1), { to: 'end' }, whole)).toBeUndefined()
  })

  test('recovery settings: to the end without a target, else promoted at it', () => {
    expect(recoverySettings({ to: 'end' }, `cp '/archive/%f' "%p"`)).toEqual([
      `restore_command = 'cp ''/archive/%f'' "%p"'`,
    ])
    expect(recoverySettings({ to: { time: 0 } }, undefined)).toEqual([
      "recovery_target_time = '1970-01-01 00:00:00.000+00'",
      "recovery_target_action = 'promote'",
    ])
    expect(recoverySettings({ to: { beforeXid: '7', began: 0 } }, undefined)).toContain(
      'recovery_target_inclusive = off',
    )
  })
})
