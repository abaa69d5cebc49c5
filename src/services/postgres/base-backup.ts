import { pruneArchive } from './archive.ts'
import { describeSet, type PostgresSet } from './backup-set.ts'
import type { BackupToolKind } from './backup-tool.ts'
import { firstLines, lastLines } from './lines.ts'

const TAKE = `set -e
port=$1 user=$2 set=$3 wal=$4
mkdir -p "$(dirname "$set")"
rm -rf "$set.part"
trap 'rm -rf "$set.part"' EXIT
pg_basebackup -h 127.0.0.1 -p "$port" -U "$user" -w -D "$set.part" -X "$wal" -c fast -l "$(basename "$set")" >&2
mv "$set.part" "$set"
du -sb "$set" | cut -f1
sed -n '/"WAL-Ranges"/,$p' "$set/backup_manifest"`

/** Copies each file of a set and holds it against the manifest; `-n` where WAL is in the archive instead of in the set. */
const COPY = `set -e
set=$1 directory=$2
shift 2
cp -a "$set/." "$directory"
exec pg_verifybackup -q "$@" "$directory"`

/** Sizes alone would not do: one flipped bit restores and starts. Both are read at once, and in one go: to begin takes longer than a small set. */
const VERIFY = `set=$1 archive=$2
if [ -z "$archive" ]; then exec pg_verifybackup -q "$set"; fi
pg_waldump -q -p "$archive" -t "$3" -s "$4" -e "$5" &
wal=$!
pg_verifybackup -q -n "$set"
files=$?
wait "$wal" && exit "$files"`

/** Plain copies by Postgres's own programs, beside an archive of plain segments (or without one). */
export const baseBackup: BackupToolKind = {
  archiving({ repository, owner }) {
    const archive = `${repository}/archive/${owner}`
    return {
      environment: {},
      prepare: `mkdir -p "${archive}"`,
      settings: { archive_command: archiveCommand(archive) },
      restoreCommand: `cp "${archive}/%f" "%p"`,
    }
  },

  open(member) {
    let number = 0
    const directory = member.backups
    const dataOf = ({ id }: PostgresSet) => `${directory}/${id}`
    const checks = member.archive === undefined ? [] : ['-n']
    return {
      directory,
      dataOf,

      async take({ role, limitMs }) {
        const startedAt = Date.now()
        number += 1
        const id = `${new Date(startedAt).toISOString().replace(/[-:]|\.\d+/g, '')}-${number}`
        const wal = member.archive === undefined ? 'fetch' : 'none'
        const output = await member.instance.exec(
          ['sh', '-c', TAKE, 'sh', String(member.port), role, `${directory}/${id}`, wal],
          { timeoutMs: limitMs },
        )
        if (output.code !== 0) throw new Error(lastLines(output.stderr) || `exit code ${output.code}`)
        const stoppedAt = Date.now()
        const [bytes = '', ...manifest] = output.stdout.split('\n')
        return describeSet(id, manifest.join('\n'), { startedAt, stoppedAt, sizeBytes: Number(bytes) })
      },

      async retain(sets, count) {
        const surplus = sets.slice(0, -count)
        const kept = sets.slice(-count)
        if (surplus.length === 0) return kept
        await member.shell('rm -rf -- "$@"', surplus.map(dataOf))
        if (kept[0] !== undefined) await pruneArchive(member, kept[0].walStart)
        return kept
      },

      async verify(set) {
        const { archive } = member
        const wal = archive === undefined ? [] : [archive, String(set.timeline), set.startLsn, set.stopLsn]
        const { code, stdout, stderr } = await member.attempt(VERIFY, [dataOf(set), ...wal])
        return code === 0 ? [] : [firstLines(stderr || stdout)]
      },

      copyOut: (set, to) => ['sh', '-c', COPY, 'sh', dataOf(set), to, ...checks],
    }
  },
}

/** Copies under another name first, so that a half-written segment is never taken for a whole one; the same segment twice is fine. */
function archiveCommand(directory: string): string {
  return `if test -f "${directory}/%f"; then cmp -s "%p" "${directory}/%f"; else cp "%p" "${directory}/.%f.part" && mv "${directory}/.%f.part" "${directory}/%f"; fi`
}
