import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { undoable } from '../undoable.ts'
import { deleteKeys, figure, type MemorySettings, memorySettings, setMemory } from './redis-memory.ts'
import { repeat } from './repeat.ts'

const spec = z.strictObject({
  service: serviceName.describe('the Redis server'),
  policy: z
    .enum([
      'allkeys-lru',
      'allkeys-lfu',
      'allkeys-random',
      'volatile-lru',
      'volatile-lfu',
      'volatile-random',
      'volatile-ttl',
    ])
    .default('allkeys-lru')
    .describe('which keys are evicted; with allkeys-... the keys of others too, and those do not come back'),
  keysPerSecond: z.number().int().min(10).max(20_000).default(1_000).describe('keys written in a second of wall time'),
})

const PREFIX = 'genesis-drill:eviction:'
const VALUE = 'x'.repeat(1_000)
const HEADROOM = 1_000_000
const EVERY_MS = 50

export const evictionStorm: FaultKind<z.output<typeof spec>> = {
  summary: 'Lets Redis run full and keeps writing, so that it evicts keys all the time.',
  spec,
  example: `
kind: eviction-storm
service: cache
policy: allkeys-lru
keysPerSecond: 1000
`,
  needs: ({ service }) => [{ service, ability: 'redis' }],
  prepare({ service, policy, keysPerSecond }, run) {
    const redis = run.ability(service, 'redis')
    const batch = Math.max(1, Math.round((keysPerSecond * EVERY_MS) / 1_000))
    let before: MemorySettings | undefined
    let storm: ReturnType<typeof repeat> | undefined
    let number = 0

    async function write(): Promise<void> {
      // With an expiry, so that the volatile-... policies evict them too.
      const keys = Array.from({ length: batch }, () => `${PREFIX}${number++}`)
      await Promise.all(keys.map(key => redis.command('SET', key, VALUE, 'EX', '3600')))
    }

    return undoable({
      async check() {
        before = await memorySettings(redis)
      },
      async inject() {
        const used = await figure(redis, 'memory', 'used_memory')
        const evicted = await figure(redis, 'stats', 'evicted_keys')
        await setMemory(redis, { maxmemory: String(used + HEADROOM), 'maxmemory-policy': policy })
        // Enough to overflow at once; what follows keeps it overflowing.
        while (number * VALUE.length < 2 * HEADROOM) await write()
        const now = await figure(redis, 'stats', 'evicted_keys')
        storm = repeat(EVERY_MS, run.signal, write)
        return [
          {
            kind: 'values',
            title: `${service} evicts keys`,
            values: { policy, 'maxmemory (bytes)': used + HEADROOM, 'evicted before': evicted, 'evicted now': now },
          },
        ]
      },
      async undo() {
        await storm?.stop()
        await deleteKeys(redis, PREFIX)
        if (before !== undefined) await setMemory(redis, before)
      },
    })
  },
}
