import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { messageOf } from '../model/errors.ts'
import { serviceName, wallDuration } from '../model/fields.ts'
import type { ProbeKind } from '../model/kind.ts'
import { before } from './deadline.ts'
import { ownConnection } from './own-connection.ts'
import { codeOf, refusedForSure } from './sql-outcome.ts'

const spec = z.strictObject({
  service: serviceName.describe('the database, or the endpoint that leads to it'),
  timeout: wallDuration.default(1).describe('after this an operation counts as unknown (wall time: never scaled)'),
  table: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of a table')
    .optional()
    .describe("the table of its markers, made when there is none; default: genesis_drill_ and the probe's name"),
})

/** Of a table that is not there. */
const UNDEFINED_TABLE = '42P01'

export const sqlWrite: ProbeKind<z.output<typeof spec>> = {
  summary: 'Writes numbered rows into a database, so that each acknowledged one can be looked for afterwards.',
  spec,
  example: `
kind: sql-write
service: primary
timeout: 1s
table: orders
`,
  ledger: true,
  needs: ({ service }) => [{ service, ability: 'sql' }],
  async open({ service, timeout, table }, run) {
    const sql = run.ability(service, 'sql')
    const timeoutMs = timeout * 1000
    const name = `"${table ?? `genesis_drill_${run.name.replaceAll('-', '_')}`}"`
    // Several probes and runs may share a table; each finds its own markers by its session.
    const session = randomUUID()
    const own = ownConnection(() => sql.connect({ timeoutMs }))
    // Two probes that make the same table at the same time would collide inside the catalogue.
    await sql.query(`do $$ begin
      perform pg_advisory_xact_lock(7261);
      create table if not exists ${name} (
        session uuid not null,
        number bigint not null,
        amount integer not null default 1,
        written timestamptz not null default clock_timestamp(),
        primary key (session, number)
      );
    end $$`)
    return {
      async attempt(number) {
        const deadline = performance.now() + timeoutMs
        let server: string | undefined
        try {
          const open = await own.get(deadline)
          server = open.server
          const writing = open.connection.query(`insert into ${name} (session, number) values ($1, $2)`, [
            session,
            number,
          ])
          await before(deadline - performance.now(), writing, 'the write')
          return { outcome: 'ok', server }
        } catch (thrown) {
          own.drop()
          // Without a server nothing was sent, so nothing can have been written.
          const outcome = server === undefined || refusedForSure(thrown) ? 'failed' : 'unknown'
          return { outcome, ...(server === undefined ? {} : { server }), message: messageOf(thrown) }
        }
      },
      async survivors() {
        try {
          const rows = await sql.query(`select number from ${name} where session = $1`, [session])
          return new Set(rows.map(row => Number(row['number'])))
        } catch (thrown) {
          if (codeOf(thrown) === UNDEFINED_TABLE) return new Set()
          throw thrown
        }
      },
      async [Symbol.asyncDispose]() {
        own.drop()
      },
    }
  },
}
