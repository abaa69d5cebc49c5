import { describe, expect, test } from 'vitest'
import { parseListing } from '../../../../src/services/postgres/archive.ts'
import {
  isOnChain,
  missingSegments,
  parseSegment,
  segmentName,
  segmentOf,
  timelineChain,
} from '../../../../src/services/postgres/wal.ts'

const name = (timeline: number, number: number) => segmentName({ timeline, number })
const archive = (names: readonly string[], histories: Readonly<Record<number, string>> = {}) => ({
  segments: names.map((each, index) => ({ name: each, archivedAt: (index + 1) * 1_000 })),
  histories: new Map(Object.entries(histories).map(([timeline, text]) => [Number(timeline), text])),
})

describe('WAL segments', () => {
  test('names and numbers', () => {
    expect(segmentName({ timeline: 1, number: 4096 + 255 })).toBe('0000000100000001000000FF')
    expect(parseSegment('0000000100000001000000FF')).toEqual({ timeline: 1, number: 4096 + 255 })
    expect(parseSegment('00000002.history')).toBeUndefined()
    expect(segmentOf('1/FF00028')).toBe(4096 + 255)
  })

  test('a hole is a segment that is not there although a later one is', () => {
    expect(missingSegments(archive([name(1, 2), name(1, 3), name(1, 4)]), name(1, 2))).toEqual([])
    expect(missingSegments(archive([name(1, 2), name(1, 4), name(1, 6)]), name(1, 2))).toEqual([name(1, 3), name(1, 5)])
    expect(missingSegments(archive([name(1, 1)]), name(1, 2))).toEqual([name(1, 2)])
    expect(missingSegments(archive([name(1, 2)]), name(1, 2), { through: name(1, 3) })).toEqual([name(1, 3)])
  })

  test('only holes before the target count', () => {
    const holed = archive([name(1, 2), name(1, 3), name(1, 5)])
    expect(missingSegments(holed, name(1, 2), { before: 2_500 })).toEqual([])
    expect(missingSegments(holed, name(1, 2), { before: 3_000 })).toEqual([name(1, 4)])
  })

  test('across timelines, each is read from where it forked off', () => {
    // Timeline 2 forked in the middle of segment 4, timeline 1 went on to 6.
    const forked = archive([name(1, 2), name(1, 3), name(1, 4), name(1, 5), name(1, 6), name(2, 4), name(2, 5)], {
      2: '1\t0/480000\tbefore transaction 700\n',
    })
    expect(timelineChain(forked)).toEqual([
      { timeline: 1, from: 0n },
      { timeline: 2, from: 0x480000n },
    ])
    expect(missingSegments(forked, name(1, 2))).toEqual([])
    const without = archive([name(1, 2), name(1, 3), name(1, 4), name(1, 5), name(1, 6), name(2, 6)], {
      2: '1\t0/480000\tx\n',
    })
    // What timeline 1 has of segment 5 is another history.
    expect(missingSegments(without, name(1, 2))).toEqual([name(2, 5)])
    expect(isOnChain(forked, 1, '0/47FFFF')).toBe(true)
    expect(isOnChain(forked, 1, '0/500000')).toBe(false)
    expect(isOnChain(forked, 2, '0/500000')).toBe(true)
    expect(isOnChain(forked, 3, '0/500000')).toBe(false)
  })

  test('a listing of the archive', () => {
    const read = parseListing(
      'S 000000010000000000000002 1700000000.5\nS .000000010000000000000003.part 1\nS 00000002.history 3\nH 00000002.history 1\t0/3000000\tno recovery target specified\n',
    )
    expect(read.segments).toMatchObject([{ name: '000000010000000000000002', archivedAt: 1_700_000_000_500 }])
    expect(read.histories.get(2)).toContain('0/3000000')
  })
})
