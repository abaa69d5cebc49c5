import { z } from 'zod'
import { messageOf } from '../model/errors.ts'
import { serviceName, wallDuration } from '../model/fields.ts'
import type { ProbeKind } from '../model/kind.ts'
import { before } from './deadline.ts'
import { ownConnection } from './own-connection.ts'

const spec = z.strictObject({
  service: serviceName.describe('the database, or the endpoint that leads to it'),
  timeout: wallDuration.default(1).describe('after this an operation has failed (wall time: never scaled)'),
  query: z.string().min(1).default('select 1').describe('any answer without an error is a success'),
})

export const sqlRead: ProbeKind<z.output<typeof spec>> = {
  summary: 'Reads from a database.',
  spec,
  example: `
kind: sql-read
service: standby
query: select count(*) from orders
`,
  needs: ({ service }) => [{ service, ability: 'sql' }],
  async open({ service, timeout, query }, run) {
    const sql = run.ability(service, 'sql')
    const timeoutMs = timeout * 1000
    const own = ownConnection(() => sql.connect({ timeoutMs }))
    return {
      async attempt() {
        const deadline = performance.now() + timeoutMs
        try {
          const { connection } = await own.get(deadline)
          await before(deadline - performance.now(), connection.query(query), 'the query')
          // Asked anew each time: a promotion changes who answers without breaking a reader's connection.
          const server = await before(deadline - performance.now(), connection.identity(), 'asking who answers')
          return { outcome: 'ok', server }
        } catch (thrown) {
          own.drop()
          return { outcome: 'failed', message: messageOf(thrown) }
        }
      },
      async [Symbol.asyncDispose]() {
        own.drop()
      },
    }
  },
}
