import { z } from 'zod'
import { serviceName } from '../model/fields.ts'
import type { ServiceKind } from '../model/kind.ts'
import { connectRedis } from './redis/connection.ts'
import { RedisMember } from './redis/member.ts'
import { redisReplication } from './redis/replication.ts'
import { size } from './size.ts'

const spec = z.strictObject({
  replicaOf: serviceName.optional().describe('the primary whose replica this is'),
  persistence: z.enum(['none', 'rdb', 'aof']).default('none').describe('what survives a kill'),
  maxmemory: size.optional(),
  maxclients: z.int().min(1).optional(),
  policy: z
    .enum([
      'noeviction',
      'allkeys-lru',
      'allkeys-lfu',
      'allkeys-random',
      'volatile-lru',
      'volatile-lfu',
      'volatile-random',
      'volatile-ttl',
    ])
    .optional()
    .describe('what happens when maxmemory is reached'),
  settings: z
    .record(z.string().regex(/^[a-z-]+$/), z.string().regex(/^[^\r\n]*$/))
    .default({})
    .describe('further lines of redis.conf'),
})
type Spec = z.output<typeof spec>

export const redis: ServiceKind<Spec> = {
  summary: 'A Redis primary or replica, with or without persistence.',
  spec,
  example: `kind: redis
persistence: aof
maxmemory: 64MB
policy: allkeys-lru
`,
  abilities: () => ['lifecycle', 'freeze', 'logs', 'redis', 'endpoint', 'replication'],
  dependsOn: ({ replicaOf }) => (replicaOf === undefined ? [] : [replicaOf]),

  async start({ replicaOf, persistence, maxmemory, maxclients, policy, settings }, host) {
    await using started = new AsyncDisposableStack()
    const member = started.use(
      new RedisMember(
        {
          replicaOf,
          persistence,
          settings: {
            ...(maxmemory === undefined ? {} : { maxmemory: String(maxmemory) }),
            ...(maxclients === undefined ? {} : { maxclients: String(maxclients) }),
            ...(policy === undefined ? {} : { 'maxmemory-policy': policy }),
            ...settings,
          },
        },
        host,
      ),
    )
    await member.boot()
    const address = async (from: string) => (await host.runtime.link(from, member.service)).address
    const stack = started.move()
    return {
      facts: [member.instance.facts],
      abilities: {
        lifecycle: member.instance,
        freeze: member.instance,
        logs: member.instance,
        redis: {
          connect: async ({ from = 'clients', timeoutMs } = {}) =>
            connectRedis(await address(from), () => member.service, timeoutMs),
          command: (...words) => member.command(...words),
        },
        endpoint: { address: () => address('clients'), target: () => member.service },
        replication: redisReplication(member),
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  },
}
