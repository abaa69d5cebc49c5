import { z } from 'zod'
import type { SqlConnection } from '../../model/abilities.ts'
import { serviceName, wallDuration } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { quoted, tableName } from '../data/identifier.ts'
import { undoable } from '../undoable.ts'
import { politely } from './limited.ts'

const spec = z
  .strictObject({
    service: serviceName.describe('the database'),
    how: z
      .enum(['sleep', 'lock'])
      .default('sleep')
      .describe('sleep: queries that take long; lock: a table is locked, so that the queries of others take long'),
    table: tableName.optional().describe('the table that is locked'),
    count: z.number().int().min(1).max(50).default(5).describe('sleeping queries at the same time'),
    lasting: wallDuration.default(600).describe('after this they end by themselves (wall time: never scaled)'),
  })
  .refine(({ how, table }) => (how === 'lock') === (table !== undefined), {
    message: 'expected a table together with how: lock, and none without it',
    path: ['table'],
  })

export const slowQueries: FaultKind<z.output<typeof spec>> = {
  summary: 'Keeps long queries running, or locks a table so that the queries of everybody else wait.',
  spec,
  example: `
kind: slow-queries
service: primary
how: sleep
count: 5
`,
  needs: ({ service }) => [{ service, ability: 'sql' }],
  prepare({ service, how, table, count, lasting }, run) {
    const sql = run.ability(service, 'sql')
    const open: { readonly connection: SqlConnection; readonly pid: number }[] = []

    async function connect(): Promise<SqlConnection> {
      const connection = await sql.connect({ timeoutMs: lasting * 1000 + 5_000 })
      const [row] = await connection.query('select pg_backend_pid() as pid')
      open.push({ connection, pid: Number(row?.['pid']) })
      return connection
    }

    async function sleep(): Promise<void> {
      const connection = await connect()
      // Ends with an error when it is cancelled, which is its purpose.
      void connection.query('select pg_sleep($1)', [lasting]).catch(() => {})
    }

    async function lock(name: string): Promise<void> {
      const connection = await connect()
      await connection.query(`set idle_in_transaction_session_timeout = ${Math.ceil(lasting * 1000)}`)
      await connection.query("set lock_timeout = '5s'")
      await connection.query('begin')
      await connection.query(`lock table ${quoted(name)} in access exclusive mode`)
    }

    return undoable({
      async inject() {
        if (table !== undefined) await lock(table)
        else for (let index = 0; index < count; index++) await sleep()
        return [
          {
            kind: 'values',
            title: `queries on ${service} were made slow`,
            values: { how, backends: open.map(({ pid }) => pid).join(', '), ...(table === undefined ? {} : { table }) },
          },
        ]
      },
      async undo() {
        // A server that was killed meanwhile has ended them all; then there is nobody to ask.
        await politely(
          sql.query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [open.map(({ pid }) => pid)]),
        )
        await politely(Promise.allSettled(open.map(({ connection }) => connection[Symbol.asyncDispose]())))
        open.length = 0
      },
    })
  },
}
