import { z } from 'zod'
import { messageOf } from '../model/errors.ts'
import { serviceName, wallDuration } from '../model/fields.ts'
import type { ProbeKind } from '../model/kind.ts'
import { before } from './deadline.ts'
import { ownConnection } from './own-connection.ts'

const spec = z.strictObject({
  service: serviceName.describe('the Redis server, or the endpoint that leads to it'),
  timeout: wallDuration.default(1).describe('after this an operation has failed (wall time: never scaled)'),
  command: z.array(z.string()).min(1).default(['PING']).describe('any reply without an error is a success'),
})

export const redisRead: ProbeKind<z.output<typeof spec>> = {
  summary: 'Reads from Redis.',
  spec,
  example: `
kind: redis-read
service: cache
command: [GET, greeting]
`,
  needs: ({ service }) => [{ service, ability: 'redis' }],
  async open({ service, timeout, command }, run) {
    const redis = run.ability(service, 'redis')
    const timeoutMs = timeout * 1000
    const own = ownConnection(() => redis.connect({ timeoutMs }))
    return {
      async attempt() {
        const deadline = performance.now() + timeoutMs
        try {
          const { connection, server } = await own.get(deadline)
          await before(deadline - performance.now(), connection.command(...command), 'the command')
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
