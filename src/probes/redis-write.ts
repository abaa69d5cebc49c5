import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { messageOf } from '../model/errors.ts'
import { serviceName, wallDuration } from '../model/fields.ts'
import type { ProbeKind } from '../model/kind.ts'
import { before } from './deadline.ts'
import { ownConnection } from './own-connection.ts'

const spec = z.strictObject({
  service: serviceName.describe('the Redis server, or the endpoint that leads to it'),
  timeout: wallDuration.default(1).describe('after this an operation counts as unknown (wall time: never scaled)'),
  replicas: z
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe('a write counts as acknowledged when so many replicas have it (WAIT)'),
})

/** A reply of the server, as opposed to a broken connection: `READONLY You can't write ...`. */
const ERROR_REPLY = /^[A-Z]{2,} /

export const redisWrite: ProbeKind<z.output<typeof spec>> = {
  summary: 'Writes numbered keys into Redis, so that each acknowledged one can be looked for afterwards.',
  spec,
  example: `
kind: redis-write
service: cache
timeout: 1s
`,
  ledger: true,
  needs: ({ service }) => [{ service, ability: 'redis' }],
  async open({ service, timeout, replicas }, run) {
    const redis = run.ability(service, 'redis')
    const timeoutMs = timeout * 1000
    const prefix = `genesis-drill:${run.name}:${randomUUID()}:`
    const own = ownConnection(() => redis.connect({ timeoutMs }))
    return {
      async attempt(number) {
        const deadline = performance.now() + timeoutMs
        let server: string | undefined
        try {
          const { connection, server: who } = await own.get(deadline)
          server = who
          await before(deadline - performance.now(), connection.command('SET', `${prefix}${number}`, '1'), 'the write')
          if (replicas === 0) return { outcome: 'ok', server }
          const patience = Math.max(1, Math.floor((deadline - performance.now()) / 2))
          const waiting = connection.command('WAIT', String(replicas), String(patience))
          const reached = Number(await before(deadline - performance.now(), waiting, 'waiting for replicas'))
          if (reached >= replicas) return { outcome: 'ok', server }
          return { outcome: 'unknown', server, message: `${reached} of ${replicas} replicas have it` }
        } catch (thrown) {
          own.drop()
          const message = messageOf(thrown)
          const outcome = server === undefined || ERROR_REPLY.test(message) ? 'failed' : 'unknown'
          return { outcome, ...(server === undefined ? {} : { server }), message }
        }
      },
      async survivors() {
        const numbers = new Set<number>()
        let cursor = '0'
        do {
          const reply = await redis.command('SCAN', cursor, 'MATCH', `${prefix}*`, 'COUNT', '1000')
          if (!Array.isArray(reply))
            throw new Error(`SCAN on ${service} gave ${JSON.stringify(reply)}, expected a list`)
          const [next, keys] = reply
          cursor = String(next)
          for (const key of Array.isArray(keys) ? keys : []) numbers.add(Number(String(key).slice(prefix.length)))
        } while (cursor !== '0')
        return numbers
      },
      async [Symbol.asyncDispose]() {
        own.drop()
      },
    }
  },
}
