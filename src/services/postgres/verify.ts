import type { PostgresSet } from './backup-set.ts'
import type { Member } from './member.ts'

/** What is wrong with a set, in the words of Postgres's own tools; undefined when nothing is. Sizes alone would not do: one flipped bit restores and starts. */
export async function verifySet(
  member: Member,
  set: PostgresSet,
  directory: string,
  missing: readonly string[],
): Promise<string | undefined> {
  const { archive } = member
  const wal = archive === undefined ? [] : ['-n']
  const files = await member.attempt('shift 1; exec pg_verifybackup "$@"', ['_', ...wal, directory])
  const damage = files.code === 0 ? [] : [said(files.stderr || files.stdout)]
  if (missing.length > 0) damage.push(`missing in the WAL archive: ${missing.slice(0, 10).join(', ')}`)
  else if (archive !== undefined) {
    const read = await member.attempt('exec pg_waldump -q -p "$1" -t "$2" -s "$3" -e "$4"', [
      archive,
      String(set.timeline),
      set.startLsn,
      set.stopLsn,
    ])
    if (read.code !== 0) damage.push(said(read.stderr || read.stdout))
  }
  return damage.length === 0 ? undefined : damage.join('\n')
}

function said(text: string): string {
  return text.trim().split('\n').slice(0, 10).join('\n')
}
