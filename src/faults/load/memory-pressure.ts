import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { undoable } from '../undoable.ts'
import { deleteKeys, figure, figureOf, type MemorySettings, memorySettings, setMemory } from './redis-memory.ts'
import { repeat } from './repeat.ts'

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
/** The last writes go one by one and are small: what is in flight counts as memory, too, and is free again afterwards. */
const LAST_VALUE = 'x'.repeat(500)
const BATCH = 20
const EVERY_MS = 100

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
    let topUp: ReturnType<typeof repeat> | undefined
    let number = 0

    /** What Redis compares with its limit: buffers of replicas and of the append-only file do not count. */
    async function counted(): Promise<number> {
      const info = String(await redis.command('INFO', 'memory'))
      return figureOf(info, 'memory', 'used_memory') - figureOf(info, 'memory', 'mem_not_counted_for_evict')
    }

    async function written(count: number, value: string): Promise<boolean> {
      const keys = Array.from({ length: count }, () => `${PREFIX}${number++}`)
      const outcomes = await Promise.allSettled(keys.map(key => redis.command('SET', key, value)))
      const refused = outcomes.find(outcome => outcome.status === 'rejected')
      if (refused !== undefined && !String(refused.reason).includes('OOM')) throw refused.reason
      return refused === undefined
    }

    async function fillUp(limit: number): Promise<void> {
      // Only a write that is refused shows that the memory is full. Past the limit, somebody took the limit away.
      const most = fill < 1 ? limit * fill : limit * 1.1
      const enough = async () => (await counted()) >= most
      for (const [count, value] of [
        [BATCH, VALUE],
        [1, LAST_VALUE],
      ] as const)
        while (!(await enough()) && (await written(count, value)));
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
        await fillUp(limit)
        const used = await counted()
        // Buffers that shrink and keys that others delete would let it breathe again.
        topUp = repeat(EVERY_MS, run.signal, () => fillUp(limit))
        return [
          {
            kind: 'values',
            title: `the memory of ${service} was filled`,
            values: { 'used (bytes)': used, 'limit (bytes)': limit, 'used share': Number((used / limit).toFixed(3)) },
          },
        ]
      },
      async undo() {
        await topUp?.stop()
        await deleteKeys(redis, PREFIX)
        if (before !== undefined) await setMemory(redis, before)
      },
    })
  },
}
