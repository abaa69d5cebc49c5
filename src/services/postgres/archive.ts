import type { Member } from './member.ts'
import { type ArchiveContent, parseSegment } from './wal.ts'

export interface Archive extends ArchiveContent {
  readonly segments: readonly { readonly name: string; readonly archivedAt: number; readonly file: string }[]
}

/** Reads what is in the member's archive now; undefined without one. */
export async function readArchive(member: Member): Promise<Archive | undefined> {
  if (member.archive === undefined) return undefined
  const listing = await member.shell(
    `cd "$1" || exit 1
    find . -type f -printf 'S %P %T@\\n'
    find . -name '*.history' | while read -r file; do sed "s/^/H $(basename "$file") /" "$file"; done`,
    [member.archive],
  )
  return parseListing(listing)
}

/** Segments bear their name alone, or with pgBackRest's checksum and compression behind it. */
export function parseListing(listing: string): Archive {
  const segments: { name: string; archivedAt: number; file: string }[] = []
  const histories = new Map<number, string>()
  for (const line of listing.split('\n')) {
    const [, file = '', name = '', at] =
      /^S ((?:\S+\/)?([0-9A-F]{24})(?:-[0-9a-f]{40}(?:\.\w+)?)?) (\S+)$/.exec(line) ?? []
    if (name !== '') segments.push({ name, archivedAt: Number(at) * 1000, file })
    const history = /^H ([0-9A-F]{8})\.history (.*)$/.exec(line)
    if (history !== null) {
      const timeline = Number.parseInt(history[1] ?? '', 16)
      histories.set(timeline, `${histories.get(timeline) ?? ''}${history[2]}\n`)
    }
  }
  return { segments: segments.sort((a, b) => (a.name < b.name ? -1 : 1)), histories }
}

/** As the server counts it. `ready`: finished segments that wait to be archived. */
export async function archiverCounts(
  member: Member,
): Promise<{ archived: number; failed: number; lastArchivedAt: number | undefined; ready: number }> {
  const [row] = await member.query(
    `select archived_count::float8 as archived, failed_count::float8 as failed,
       extract(epoch from last_archived_time)::float8 * 1000 as last,
       (select count(*)::float8 from pg_ls_archive_statusdir() where name like '%.ready') as ready
     from pg_stat_archiver`,
  )
  const last = row?.['last']
  return {
    archived: Number(row?.['archived']),
    failed: Number(row?.['failed']),
    lastArchivedAt: typeof last === 'number' ? last : undefined,
    ready: Number(row?.['ready']),
  }
}

/** Forgets segments that no restore of a kept set can need. */
export async function pruneArchive(member: Member, oldestNeeded: string): Promise<void> {
  const first = parseSegment(oldestNeeded)
  const archive = await readArchive(member)
  if (archive === undefined || first === undefined) return
  const old = archive.segments.filter(({ name }) => (parseSegment(name)?.number ?? first.number) < first.number)
  if (old.length === 0) return
  await member.shell('cd "$1" && shift && rm -f -- "$@"', [
    member.archive ?? '',
    ...old.slice(0, 5_000).map(({ file }) => file),
  ])
}
