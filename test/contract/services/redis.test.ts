import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redis } from '../../../src/services/redis.ts'
import { runtimes } from '../where.ts'
import { Bed, eventually } from './bed.ts'

describe.each(runtimes)('redis on %s', name => {
  let bed: Bed
  beforeAll(async () => {
    bed = await Bed.open(name)
  })
  afterAll(() => bed[Symbol.asyncDispose]())

  test.each([
    ['none', null],
    ['aof', 'kept'],
  ])('persistence %s: a kill leaves %s', async (persistence, left) => {
    const service = `cache-${persistence}`
    await bed.start(service, redis, { persistence })
    const cache = bed.ability(service, 'redis')
    await cache.command('SET', 'key', 'kept')
    const address = await bed.ability(service, 'endpoint').address()
    const before = await identity(service)
    await bed.ability(service, 'lifecycle').kill()
    await bed.ability(service, 'lifecycle').start()
    expect(await cache.command('GET', 'key')).toBe(left)
    expect(await bed.ability(service, 'endpoint').address()).toEqual(address)
    expect(await identity(service)).not.toBe(before)
    await bed.ability(service, 'lifecycle').stop()
    await bed.ability(service, 'lifecycle').stop()
  })

  test('the first command after a restart reaches the new server', async () => {
    await bed.start('restarted', redis, { persistence: 'none' })
    const cache = bed.ability('restarted', 'redis')
    for (let restart = 0; restart < 5; restart++) {
      expect(await cache.command('PING')).toBe('PONG')
      await bed.ability('restarted', 'lifecycle').kill()
      await bed.ability('restarted', 'lifecycle').start()
      expect(await cache.command('PING')).toBe('PONG')
    }
  })

  test('persistence rdb keeps what was saved', async () => {
    await bed.start('cache-rdb', redis, { persistence: 'rdb' })
    const cache = bed.ability('cache-rdb', 'redis')
    await cache.command('SET', 'key', 'kept')
    await eventually(async () =>
      /rdb_changes_since_last_save:0\r/.test(String(await cache.command('INFO', 'persistence'))),
    )
    await bed.ability('cache-rdb', 'lifecycle').kill()
    await bed.ability('cache-rdb', 'lifecycle').start()
    expect(await cache.command('GET', 'key')).toBe('kept')
  })

  test('limits reach the server, and a refusal keeps the connection', async () => {
    await bed.start('small', redis, { maxmemory: '2MB', policy: 'noeviction', maxclients: 50 })
    const small = bed.ability('small', 'redis')
    expect(await small.command('CONFIG', 'GET', 'maxclients')).toEqual(['maxclients', '50'])
    await expect(
      (async () => {
        for (let number = 0; number < 3_000; number++) await small.command('SET', `key-${number}`, 'x'.repeat(1_024))
      })(),
    ).rejects.toThrow(/OOM/)
    expect(await small.command('PING')).toBe('PONG')
  })

  test('a frozen server times clients out', async () => {
    await bed.start('frozen', redis)
    await using connection = await bed.ability('frozen', 'redis').connect({ timeoutMs: 3_000 })
    await bed.ability('frozen', 'freeze').pause()
    try {
      await expect(connection.command('PING')).rejects.toThrow(/timeout/)
      await expect(bed.ability('frozen', 'redis').connect({ timeoutMs: 3_000 })).rejects.toThrow(/timeout/i)
    } finally {
      await bed.ability('frozen', 'freeze').resume()
    }
    expect(await bed.ability('frozen', 'redis').command('PING')).toBe('PONG')
  })

  test('a pair: lag, promotion, fencing, rebuilding', async () => {
    await bed.start('one', redis, { persistence: 'aof' })
    await bed.start('two', redis, { replicaOf: 'one', persistence: 'aof' })
    const [one, two] = [bed.ability('one', 'replication'), bed.ability('two', 'replication')]
    const [first, second] = [bed.ability('one', 'redis'), bed.ability('two', 'redis')]
    expect(await two.upstream()).toBe('one')
    await first.command('SET', 'key', '1')
    expect(await eventually(async () => (await second.command('GET', 'key')) === '1')).toBe(true)
    expect(await eventually(async () => (await two.lagSeconds()) === 0)).toBe(true)

    await two.pauseApply()
    await first.command('SET', 'key', '2')
    expect(await eventually(async () => (await two.lagSeconds()) > 0.5)).toBe(true)
    expect(await eventually(async () => (await two.queueSize()) > 0)).toBe(true)
    expect(await second.command('GET', 'key')).toBe('1')
    await two.resumeApply()
    expect(await eventually(async () => (await second.command('GET', 'key')) === '2')).toBe(true)
    expect(await eventually(async () => (await two.lagSeconds()) === 0)).toBe(true)

    await one.fence()
    expect((await two.promote()).milliseconds).toBeGreaterThan(0)
    await second.command('SET', 'key', '3')
    await bed.ability('one', 'lifecycle').start()
    await expect(first.command('SET', 'key', 'split brain')).rejects.toThrow(/NOREPLICAS/)
    expect((await one.rebuild('two')).method).toMatch(/resync/)
    expect(await eventually(async () => (await first.command('GET', 'key')) === '3')).toBe(true)
    expect(await one.upstream()).toBe('two')
    // The role survives a restart.
    await bed.ability('one', 'lifecycle').kill()
    await bed.ability('one', 'lifecycle').start()
    expect(await eventually(async () => (await first.command('GET', 'key')) === '3')).toBe(true)
    await expect(first.command('SET', 'key', '4')).rejects.toThrow(/READONLY/)
  })

  async function identity(service: string): Promise<string> {
    await using connection = await bed.ability(service, 'redis').connect()
    return await connection.identity()
  }
})
