/** WAL segment names (`000000010000000000000003`) of 1 MiB segments, as the drill's databases have them. */

export const SEGMENT_BYTES = 1024 * 1024
const PER_LOG = 2 ** 32 / SEGMENT_BYTES

export interface Segment {
  readonly timeline: number
  readonly number: number
}

export function parseSegment(name: string): Segment | undefined {
  if (!/^[0-9A-F]{24}$/.test(name)) return undefined
  const part = (index: number) => Number.parseInt(name.slice(index * 8, index * 8 + 8), 16)
  return { timeline: part(0), number: part(1) * PER_LOG + part(2) }
}

export function segmentName({ timeline, number }: Segment): string {
  return [timeline, Math.floor(number / PER_LOG), number % PER_LOG]
    .map(part => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('')
}

/** The number of the segment that holds an LSN such as `0/3000028`. */
export function segmentOf(lsn: string): number {
  const [high = '0', low = '0'] = lsn.split('/')
  return Number.parseInt(high, 16) * PER_LOG + Math.floor(Number.parseInt(low, 16) / SEGMENT_BYTES)
}

/** What is in a WAL archive. */
export interface ArchiveContent {
  readonly segments: readonly { readonly name: string; readonly archivedAt: number }[]
  /** Content of each `N.history` by its timeline. */
  readonly histories: ReadonlyMap<number, string>
}

/** One timeline on the way to the newest one: it is the one to read from this LSN on. */
interface Branch {
  readonly timeline: number
  readonly from: bigint
}

/** The timelines that lead to the newest one, oldest first. */
export function timelineChain({ segments, histories }: ArchiveContent): readonly Branch[] {
  const archived = segments.map(({ name }) => parseSegment(name)?.timeline ?? 1)
  const newest = Math.max(1, ...(histories.size === 0 ? archived : histories.keys()))
  const chain: Branch[] = []
  let from = 0n
  for (const line of (histories.get(newest) ?? '').split('\n')) {
    const match = /^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/i.exec(line)
    if (match === null) continue
    chain.push({ timeline: Number(match[1]), from })
    from = lsnBytes(match[2] ?? '0/0')
  }
  return [...chain, { timeline: newest, from }]
}

/** Whether a recovery to the newest timeline can begin with a backup that ended at `stop` on `timeline`. */
export function isOnChain(archive: ArchiveContent, timeline: number, stop: string): boolean {
  const chain = timelineChain(archive)
  const at = chain.findIndex(branch => branch.timeline === timeline)
  const next = chain[at + 1]
  return at >= 0 && (next === undefined || lsnBytes(stop) <= next.from)
}

/**
 * Segments that recovery from `start` needs and that are not there although a later one is. Postgres takes such a hole for the end of the
 * archive and opens the database without a word. `before`: only holes that a recovery to this instant must cross. `through`: a segment
 * that must be there in any case.
 */
export function missingSegments(
  archive: ArchiveContent,
  start: string,
  { before = Number.POSITIVE_INFINITY, through }: { before?: number | undefined; through?: string } = {},
): string[] {
  const first = parseSegment(start)
  if (first === undefined) return []
  const chain = timelineChain(archive).filter(({ timeline }) => timeline >= first.timeline)
  const there = new Set(archive.segments.map(({ name }) => name))
  let last = Math.max(first.number, parseSegment(through ?? start)?.number ?? 0)
  for (const { name, archivedAt } of archive.segments) {
    const segment = parseSegment(name)
    if (segment === undefined || archivedAt > before) continue
    if (readable(chain, segment.number).includes(segment.timeline)) last = Math.max(last, segment.number)
  }
  const missing: string[] = []
  for (let number = first.number; number <= last; number++) {
    const names = readable(chain, number).map(timeline => segmentName({ timeline, number }))
    if (names[0] !== undefined && !names.some(name => there.has(name))) missing.push(names[0])
  }
  return missing
}

/** Timelines whose segment of this number Postgres would read, first choice first: where one forks off, its parent's will do too. */
function readable(chain: readonly Branch[], number: number): number[] {
  const begins = BigInt(number) * BigInt(SEGMENT_BYTES)
  const ends = begins + BigInt(SEGMENT_BYTES)
  const found: number[] = []
  for (const { timeline, from } of chain.toReversed()) {
    if (from >= ends) continue
    found.push(timeline)
    if (from <= begins) break
  }
  return found
}

function lsnBytes(lsn: string): bigint {
  const [high = '0', low = '0'] = lsn.split('/')
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
}
