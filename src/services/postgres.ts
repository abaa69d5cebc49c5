import { z } from 'zod'
import type { AbilityName } from '../model/abilities.ts'
import { duration, serviceName } from '../model/fields.ts'
import type { ServiceKind } from '../model/kind.ts'
import type { BackupToolKind } from './postgres/backup-tool.ts'
import { PostgresBackups } from './postgres/backups.ts'
import { baseBackup } from './postgres/base-backup.ts'
import { Member } from './postgres/member.ts'
import { pgbackrest } from './postgres/pgbackrest.ts'
import { postgresReplication } from './postgres/replication.ts'
import { connectSql } from './postgres/sql.ts'
import { postgresStorage } from './postgres/storage.ts'
import { size } from './size.ts'

const tools = { pg_basebackup: baseBackup, pgbackrest } satisfies Record<string, BackupToolKind>

const spec = z
  .strictObject({
    standbyOf: serviceName.optional().describe('the primary whose streaming standby this is'),
    synchronous: z.boolean().default(false).describe('commits wait until a standby has them on disk'),
    backups: z
      .strictObject({
        tool: z
          .enum(Object.keys(tools) as (keyof typeof tools)[])
          .default('pg_basebackup')
          .describe('what takes them: plain copies by pg_basebackup, or a repository of pgbackrest'),
        every: duration.describe('wall time between two base backups'),
        retain: z.int().min(1).default(5).describe('base backups that are kept'),
        archive: z.boolean().default(true).describe('archive WAL continuously'),
        first: z.boolean().default(true).describe('take the first base backup before the drill begins'),
        limit: duration.default(120).describe('wall time after which a backup job is given up'),
      })
      .optional(),
    initSql: z.string().optional().describe('run once when the primary is up'),
    settings: z
      .record(z.string().regex(/^[a-z_.]+$/), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .describe('postgresql.conf settings; a standby has those of its primary unless it says otherwise'),
    dataLimit: size.optional().describe('the data directory gets a file system of this size'),
    archiveLimit: size
      .optional()
      .describe('the WAL archive (of pgbackrest the whole repository) gets a file system of this size'),
  })
  .superRefine(({ standbyOf, backups }, context) => {
    const refusal = backups && tools[backups.tool].refuses?.({ standbyOf, archive: backups.archive })
    if (refusal !== undefined) context.addIssue({ code: 'custom', path: ['backups'], message: refusal })
  })
type Spec = z.output<typeof spec>

export const postgres: ServiceKind<Spec> = {
  summary: 'A PostgreSQL primary or streaming standby with checksums, full durability, base backups and WAL archiving.',
  spec,
  example: `kind: postgres
backups: { every: 10s, retain: 5 }
initSql: create table orders (id int primary key)
`,
  abilities: ({ backups, dataLimit, archiveLimit }) => [
    'lifecycle',
    'freeze',
    'logs',
    'sql',
    'endpoint',
    'replication',
    ...(backups === undefined ? [] : (['backups'] satisfies AbilityName[])),
    ...(dataLimit === undefined && archiveLimit === undefined ? [] : (['storage'] satisfies AbilityName[])),
  ],
  dependsOn: ({ standbyOf }) => (standbyOf === undefined ? [] : [standbyOf]),

  async start({ backups: plan, initSql, ...rest }, host) {
    await using started = new AsyncDisposableStack()
    const tool = plan && tools[plan.tool]
    await tool?.present?.(host.runtime)
    const member = started.use(new Member({ ...rest, archiving: plan?.archive ? tool?.archiving : undefined }, host))
    await member.boot()
    if (initSql !== undefined) await member.longQuery(initSql)
    const backups =
      plan === undefined || tool === undefined
        ? undefined
        : started.use(
            new PostgresBackups(member, tool.open(member), {
              everyMs: plan.every * 1000,
              retain: plan.retain,
              limitMs: plan.limit * 1000,
            }),
          )
    if (plan?.first) await backups?.take()
    await backups?.startSchedule()
    const { runtime } = host
    const address = async (from: string) => (await runtime.link(from, member.service)).address
    const stack = started.move()
    return {
      facts: [member.instance.facts],
      abilities: {
        lifecycle: member.instance,
        freeze: member.instance,
        logs: member.instance,
        sql: {
          connect: async ({ from = 'clients', ...options } = {}) => connectSql(await address(from), options),
          query: (text, parameters) => member.query(text, parameters),
        },
        endpoint: { address: () => address('clients'), target: () => member.service },
        replication: postgresReplication(member),
        ...(backups === undefined ? {} : { backups }),
        ...(rest.dataLimit === undefined && rest.archiveLimit === undefined
          ? {}
          : { storage: postgresStorage(member) }),
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  },
}
