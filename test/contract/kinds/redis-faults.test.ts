import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faults } from '../../../src/faults/index.ts'
import { redis } from '../../../src/services/redis.ts'
import { Bed, eventually } from '../services/bed.ts'
import { runtimes } from '../where.ts'
import { runOn } from './lab.ts'

describe.each(runtimes)('faults on redis on %s', name => {
  let bed: Bed
  let run: ReturnType<typeof runOn>
  beforeAll(async () => {
    bed = await Bed.open(name)
    await bed.start('cache', redis, { persistence: 'aof', maxclients: 60 })
    await bed.start('replica', redis, { replicaOf: 'cache' })
    run = runOn(bed, ['cache', 'replica'])
    await command('SET', 'of-others', '1')
  })
  afterAll(() => bed[Symbol.asyncDispose]())

  const command = (...words: string[]) => bed.ability('cache', 'redis').command(...words)
  const figure = async (section: string, key: string) =>
    Number(new RegExp(`^${key}:(\\d+)`, 'm').exec(String(await command('INFO', section)))?.[1])
  const asked = async (timeoutMs = 10_000) => {
    await using connection = await bed.ability('cache', 'redis').connect({ timeoutMs })
    return await connection.command('PING')
  }

  test.each(['kill', 'pause'] as const)('%s: clients get nothing; rolled back, they do', async kind => {
    const fault = faults[kind].prepare({ service: 'cache' }, run)
    await fault.inject()
    await expect(asked(500)).rejects.toThrow()
    await fault.rollback()
    expect(await eventually(() => asked())).toBe('PONG')
    expect(await command('GET', 'of-others')).toBe('1')
  })

  test('connection-flood: nobody else gets in; rolled back, they do', async () => {
    const fault = faults['connection-flood'].prepare({ service: 'cache', protocol: 'redis', count: 200 }, run)
    await fault.inject()
    await expect(asked(500)).rejects.toThrow()
    await fault.rollback()
    expect(await eventually(() => asked())).toBe('PONG')
  })

  test('replication-lag: the replica stays behind; rolled back, it catches up', async () => {
    const there = () => bed.ability('replica', 'redis').command('GET', 'late')
    const fault = faults['replication-lag'].prepare({ service: 'replica', how: 'ship' }, run)
    await fault.inject()
    await command('SET', 'late', 'yes')
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(await there()).toBeNull()
    await fault.rollback()
    expect(await eventually(async () => (await there()) === 'yes')).toBe(true)
  })

  test('memory-pressure: the memory is full to the share, and at 1 writes are refused; rolled back, all is as before', async () => {
    const before = await figure('memory', 'used_memory')
    const pressure = (fill: number) => faults['memory-pressure'].prepare({ service: 'cache', fill, megabytes: 16 }, run)
    const most = pressure(0.9)
    await most.inject()
    expect((await figure('memory', 'used_memory')) / (await figure('memory', 'maxmemory'))).toBeGreaterThanOrEqual(0.9)
    expect(await command('SET', 'small', '1')).toBe('OK')
    await most.rollback()
    const whole = pressure(1)
    await whole.inject()
    await expect(command('SET', 'big', 'x'.repeat(10_000))).rejects.toThrow(/OOM/)
    await whole.rollback()
    expect(await figure('memory', 'maxmemory')).toBe(0)
    expect(await eventually(async () => (await figure('memory', 'used_memory')) < before + 2_000_000)).toBe(true)
    expect(await command('GET', 'of-others')).toBe('1')
  })

  test('low-hit-rate: misses outnumber hits as told, as long as the fault lasts', async () => {
    const [hits, misses] = [await figure('stats', 'keyspace_hits'), await figure('stats', 'keyspace_misses')]
    const fault = faults['low-hit-rate'].prepare({ service: 'cache', hitRate: 0.25, readsPerSecond: 1_000 }, run)
    await fault.inject()
    expect(await eventually(async () => (await figure('stats', 'keyspace_misses')) - misses > 150)).toBe(true)
    await fault.rollback()
    const seen = (await figure('stats', 'keyspace_hits')) - hits
    const all = seen + (await figure('stats', 'keyspace_misses')) - misses
    expect(seen / all).toBeGreaterThan(0.2)
    expect(seen / all).toBeLessThan(0.3)
    const after = await figure('stats', 'keyspace_misses')
    await new Promise(resolve => setTimeout(resolve, 200))
    expect(await figure('stats', 'keyspace_misses')).toBe(after)
  })

  test('eviction-storm: keys are evicted all the time; rolled back, no more, and its own keys are gone', async () => {
    const fault = faults['eviction-storm'].prepare(
      { service: 'cache', policy: 'volatile-lru', keysPerSecond: 2_000 },
      run,
    )
    await fault.inject()
    const first = await figure('stats', 'evicted_keys')
    expect(first).toBeGreaterThan(0)
    expect(await eventually(async () => (await figure('stats', 'evicted_keys')) > first)).toBe(true)
    await fault.rollback()
    expect(await figure('memory', 'maxmemory')).toBe(0)
    const [, keys] = (await command('SCAN', '0', 'MATCH', 'genesis-drill:*', 'COUNT', '100000')) as [string, string[]]
    expect(keys).toEqual([])
    // Keys without an expiry are none of a volatile policy's victims.
    expect(await command('GET', 'of-others')).toBe('1')
  })
})
