import { z } from 'zod'
import { EnvironmentError } from '../../model/errors.ts'
import type { Output } from '../../model/runtime.ts'
import { type PostgresSet, postgresSet } from './backup-set.ts'
import type { BackupToolKind } from './backup-tool.ts'
import { lastLines } from './lines.ts'
import { parseSegment } from './wal.ts'

const Info = z.array(
  z.object({
    backup: z.array(
      z.object({
        label: z.string(),
        archive: z.object({ start: z.string(), stop: z.string() }),
        lsn: z.object({ start: z.string(), stop: z.string() }),
        info: z.object({ repository: z.object({ size: z.number() }) }),
      }),
    ),
  }),
)

/** pgBackRest: compressed sets and WAL with checksums in one repository. */
export const pgbackrest: BackupToolKind = {
  refuses({ standbyOf, archive }) {
    if (standbyOf !== undefined) return `expected none: pgbackrest backs up the primary, so give them to ${standbyOf}`
    return archive ? undefined : 'expected `archive: true`: pgbackrest needs the WAL archive'
  },

  async present(runtime) {
    const { code, stdout, stderr } = await runtime.tool('postgres', ['sh', '-c', 'exec pgbackrest version'])
    if (code === 0) return
    throw new EnvironmentError(
      `pgbackrest does not run beside Postgres: ${lastLines(stderr || stdout) || `exit code ${code}`}`,
      {
        advice:
          runtime.name === 'process'
            ? 'install it: apt-get install -y --no-install-recommends pgbackrest'
            : 'the official image lacks it and the one that `npm run images` builds has it: remove the official one where ' +
              'no registry gives it back, or use --runtime process, or tool: pg_basebackup',
      },
    )
  },

  archiving({ owner, repository, data, port }) {
    return {
      // Only variables can be given alike to all its commands: each refuses options that are not its own.
      environment: {
        PGBACKREST_CONFIG: '/dev/null',
        PGBACKREST_STANZA: owner,
        PGBACKREST_REPO1_PATH: repository,
        PGBACKREST_PG1_PATH: data,
        PGBACKREST_PG1_PORT: String(port),
        // It connects by a Unix socket alone, whose path may have 107 characters. Both sides name it from where they stand: the server
        // from its data directory, a job from the one above it.
        PGBACKREST_PG1_SOCKET_PATH: '/proc/self/cwd',
        PGBACKREST_PG1_USER: 'postgres',
        PGBACKREST_LOCK_PATH: `${repository}/lock`,
        PGBACKREST_LOG_LEVEL_FILE: 'off',
        PGBACKREST_LOG_LEVEL_CONSOLE: 'off',
        PGBACKREST_LOG_LEVEL_STDERR: 'warn',
        PGBACKREST_LOG_TIMESTAMP: 'n',
        PGBACKREST_COMPRESS_TYPE: 'lz4',
        PGBACKREST_START_FAST: 'y',
        PGBACKREST_EXPIRE_AUTO: 'n',
        PGBACKREST_REPO1_RETENTION_FULL: '9999999',
      },
      // Without the server, or the first segments would fail to be archived. A job that runs holds the lock that it needs.
      prepare: `[ -e "${repository}/backup/${owner}/backup.info" ] || pgbackrest --no-online stanza-create`,
      settings: { archive_command: 'pgbackrest archive-push "%p"', unix_socket_directories: '..' },
      restoreCommand: 'pgbackrest archive-get %f "%p"',
    }
  },

  open(member) {
    const directory = `${member.repository}/backup/${member.archiveOwner}`
    const run = async (words: readonly string[], timeoutMs?: number): Promise<Output> => {
      const output = await member.attempt(
        'cd "$1" && shift && exec pgbackrest "$@"',
        [member.root, ...words],
        timeoutMs,
      )
      if (output.code === 0) return output
      throw new Error(lastLines(output.stderr || output.stdout) || `exit code ${output.code}`)
    }
    const listed = async () => {
      const { stdout } = await run(['--output=json', 'info'])
      return Info.parse(JSON.parse(stdout)).flatMap(({ backup }) => backup)
    }

    return {
      directory,
      dataOf: ({ id }) => `${directory}/${id}/pg_data`,

      async take({ role, limitMs }) {
        const startedAt = Date.now()
        await run(['--type=full', `--pg1-user=${role}`, 'backup'], limitMs)
        // Its own instants are whole seconds: too coarse to tell whether a set ended before a mistake.
        const stoppedAt = Date.now()
        const taken = (await listed()).at(-1)
        if (taken === undefined) throw new Error('pgbackrest info lists no backup after one was taken')
        return postgresSet(
          taken.label,
          {
            timeline: parseSegment(taken.archive.start)?.timeline ?? 1,
            startLsn: taken.lsn.start,
            stopLsn: taken.lsn.stop,
          },
          { startedAt, stoppedAt, sizeBytes: taken.info.repository.size },
        )
      },

      async retain(sets, count) {
        if (sets.length <= count) return sets
        await run([`--repo1-retention-full=${count}`, 'expire'])
        const labels = new Set((await listed()).map(({ label }) => label))
        return sets.filter(({ id }) => labels.has(id))
      },

      // Its exit code is 0 whatever it finds.
      async verify(set) {
        return damageIn(await run(['--output=text', '--verbose', '--log-level-stderr=info', 'verify'], 600_000), set)
      },

      copyOut: ({ id }, to) => ['pgbackrest', '--type=none', `--set=${id}`, `--pg1-path=${to}`, 'restore'],
    }
  },
}

/** What `verify` says against one set: its summary gives a state for each set, its log names the files. */
export function damageIn({ stdout, stderr }: Pick<Output, 'stdout' | 'stderr'>, set: PostgresSet): string[] {
  const state = stdout.match(new RegExp(`^ *backup: ${set.id}, status: ([^,\\n]+)`, 'm'))?.[1]
  if (state === undefined) return [`pgbackrest verify does not list ${set.id}: ${lastLines(stdout || stderr)}`]
  const complaints = stderr.split('\n').filter(line => /^(INFO|WARN|ERROR): (invalid|missing|unable)/.test(line))
  const about = complaints.filter(line => {
    const segment = /\b[0-9A-F]{24}(?=-[0-9a-f]{40})/.exec(line)?.[0]
    if (segment !== undefined) return segment >= set.walStart && segment <= set.walStop
    return line.includes(`${set.id}/`)
  })
  const named = about.map(line => line.replace(/^\w+: /, ''))
  return state === 'valid' || named.length > 0 ? named : [`pgbackrest verify: ${set.id} is ${state}`]
}
