import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { undoable } from '../undoable.ts'
import { deleteKeys, figure, type MemorySettings, memorySettings, setMemory } from './redis-memory.ts'

const MEGABYTE = 1_000_000

const spec = z.strictObject({
  service: serviceName.describe('the Redis server'),
  fill: z
    .number()
    .gt(0)
    .max(1)
    .default(0.95)
    .describe('share of its memory limit that is taken; 1: writes are refused'),
  megabytes: z
    .number()
    .min(4)
    .max(1_000)
    .default(32)
    .describe('the memory limit that it gets while it has none of its own'),
})

const PREFIX = 'genesis-drill:memory:'
const VALUE = 'x'.repeat(16_000)
const BATCH = 20

export const memoryPressure: FaultKind<z.output<typeof spec>> = {
  summary: 'Fills the memory of Redis up to a share of its limit, without eviction.',
  spec,
  example: `
kind: memory-pressure
service: cache
fill: 0.95
megabytes: 32
`,
  needs: ({ service }) => [{ service, ability: 'redis' }],
  prepare({ service, fill, megabytes }, run) {
    const redis = run.ability(service, 'redis')
    let before: MemorySettings | undefined

    async function fillUp(limit: number): Promise<number> {
      for (let number = 0; ; ) {
        const used = await figure(redis, 'memory', 'used_memory')
        if (used >= limit * fill) return used
        const keys = Array.from({ length: BATCH }, () => `${PREFIX}${number++}`)
        const outcomes = await Promise.allSettled(keys.map(key => redis.command('SET', key, VALUE)))
        const refused = outcomes.find(outcome => outcome.status === 'rejected')
        if (refused === undefined) continue
        if (String(refused.reason).includes('OOM')) return figure(redis, 'memory', 'used_memory')
        throw refused.reason
      }
    }

    return undoable({
      async check() {
        before = await memorySettings(redis)
        const limit = Number(before.maxmemory)
        if (limit > 1_000 * MEGABYTE)
          throw new Error(`${service} has a memory limit of ${limit} bytes; at most 1 GB is filled`)
        const used = await figure(redis, 'memory', 'used_memory')
        if (limit === 0 && used > megabytes * MEGABYTE)
          throw new Error(`${service} uses ${used} bytes already, more than the ${megabytes} megabytes of the limit`)
      },
      async inject() {
        const own = Number(before?.maxmemory ?? 0)
        const limit = own > 0 ? own : megabytes * MEGABYTE
        await setMemory(redis, { maxmemory: String(limit), 'maxmemory-policy': 'noeviction' })
        const used = await fillUp(limit)
        return [
          {
            kind: 'values',
            title: `the memory of ${service} was filled`,
            values: { 'used (bytes)': used, 'limit (bytes)': limit, 'used share': Number((used / limit).toFixed(3)) },
          },
        ]
      },
      async undo() {
        await deleteKeys(redis, PREFIX)
        if (before !== undefined) await setMemory(redis, before)
      },
    })
  },
}
