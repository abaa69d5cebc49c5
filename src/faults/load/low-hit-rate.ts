import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { undoable } from '../undoable.ts'
import { figure } from './redis-memory.ts'
import { repeat } from './repeat.ts'

const spec = z.strictObject({
  service: serviceName.describe('the Redis server'),
  hitRate: z.number().min(0).max(1).default(0.1).describe('share of the reads that find their key'),
  readsPerSecond: z.number().int().min(10).max(20_000).default(1_000).describe('reads in a second of wall time'),
})

const HIT = 'genesis-drill:hit'
const MISS = 'genesis-drill:miss'
const EVERY_MS = 50

export const lowHitRate: FaultKind<z.output<typeof spec>> = {
  summary: 'Reads keys of which most do not exist, so that the hit rate of Redis falls.',
  spec,
  example: `
kind: low-hit-rate
service: cache
hitRate: 0.1
readsPerSecond: 1000
`,
  needs: ({ service }) => [{ service, ability: 'redis' }],
  prepare({ service, hitRate, readsPerSecond }, run) {
    const redis = run.ability(service, 'redis')
    const batch = Math.max(1, Math.round((readsPerSecond * EVERY_MS) / 1_000))
    let reads: ReturnType<typeof repeat> | undefined
    let owedHits = 0

    async function read(): Promise<void> {
      const keys = Array.from({ length: batch }, () => {
        owedHits += hitRate
        if (owedHits < 1) return MISS
        owedHits -= 1
        return HIT
      })
      await Promise.all(keys.map(key => redis.command('GET', key)))
    }

    return undoable({
      async inject() {
        await redis.command('SET', HIT, '1')
        const hits = await figure(redis, 'stats', 'keyspace_hits')
        const misses = await figure(redis, 'stats', 'keyspace_misses')
        await read()
        reads = repeat(EVERY_MS, run.signal, read)
        return [
          {
            kind: 'values',
            title: `${service} is read with few hits`,
            values: {
              'hit rate': hitRate,
              'reads per second': readsPerSecond,
              'hits before': hits,
              'misses before': misses,
            },
          },
        ]
      },
      async undo() {
        await reads?.stop()
        await redis.command('DEL', HIT)
      },
    })
  },
}
