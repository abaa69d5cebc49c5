import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postgres } from '../../../src/services/postgres.ts'
import { runtimes } from '../where.ts'
import { Bed, eventually } from './bed.ts'

describe.each(runtimes)('postgres pair on %s', name => {
  let bed: Bed
  beforeAll(async () => {
    bed = await Bed.open(name)
    await bed.start('primary', postgres, {
      settings: { max_connections: 40 },
      initSql: 'create table orders (id int primary key)',
    })
    await bed.start('standby', postgres, { standbyOf: 'primary' })
  })
  afterAll(() => bed[Symbol.asyncDispose]())

  const count = async (service: string) =>
    Number((await bed.ability(service, 'sql').query('select count(*) from orders'))[0]?.['count'])

  test('the standby shows what the primary got, follows it and takes no writes', async () => {
    await bed.ability('primary', 'sql').query('insert into orders select generate_series(1, 10)')
    expect(await eventually(async () => (await count('standby')) === 10)).toBe(true)
    expect(await bed.ability('standby', 'replication').upstream()).toBe('primary')
    expect(await bed.ability('primary', 'replication').upstream()).toBeUndefined()
    await expect(bed.ability('standby', 'sql').query('insert into orders values (99)')).rejects.toThrow(/read-only/)
  })

  test('settings reach both servers', async () => {
    for (const service of ['primary', 'standby'])
      expect((await bed.ability(service, 'sql').query('show max_connections'))[0]).toEqual({ max_connections: '40' })
  })

  test('the identity tells the servers apart and survives as long as the server', async () => {
    await using one = await bed.ability('primary', 'sql').connect()
    await using two = await bed.ability('standby', 'sql').connect()
    expect(await one.identity()).toMatch(/^primary\/\d+\/timeline 00000001\//)
    expect(await two.identity()).toMatch(/^standby\/\d+\/standby\//)
    expect(await one.identity()).toBe(await one.identity())
  })

  test('an idle pair has no lag; paused replay shows as lag and queue, and resuming clears both', async () => {
    const replication = bed.ability('standby', 'replication')
    await new Promise(resolve => setTimeout(resolve, 1_000))
    expect(await replication.lagSeconds()).toBeLessThan(0.5)
    await replication.pauseApply()
    try {
      expect(await eventually(async () => (await replication.lagSeconds()) > 1)).toBe(true)
      await bed.ability('primary', 'sql').query('insert into orders select generate_series(11, 2000)')
      expect(await eventually(async () => (await replication.queueSize()) > 10_000)).toBe(true)
    } finally {
      await replication.resumeApply()
    }
    expect(await eventually(async () => (await replication.lagSeconds()) < 0.5)).toBe(true)
    expect(await eventually(async () => (await replication.queueSize()) < 10_000)).toBe(true)
    expect(await bed.ability('primary', 'replication').lagSeconds()).toBe(0)
  })

  test('a cut link is lag too, and heals', async () => {
    const link = await bed.runtime.link('standby', 'primary')
    const replication = bed.ability('standby', 'replication')
    await link.cut('refuse')
    try {
      expect(await eventually(async () => (await replication.lagSeconds()) > 1)).toBe(true)
    } finally {
      await link.heal()
    }
    expect(await eventually(async () => (await replication.lagSeconds()) < 0.5)).toBe(true)
  })

  test('killed and started again it has the same address and the same data; stopping twice is fine', async () => {
    const lifecycle = bed.ability('primary', 'lifecycle')
    const before = await bed.ability('primary', 'endpoint').address()
    const rows = await count('primary')
    await lifecycle.kill()
    expect(await lifecycle.running()).toBe(false)
    await expect(bed.ability('primary', 'sql').connect({ timeoutMs: 3_000 })).rejects.toThrow()
    await lifecycle.start()
    expect(await bed.ability('primary', 'endpoint').address()).toEqual(before)
    expect(await count('primary')).toBe(rows)
    await lifecycle.stop()
    await lifecycle.stop()
    await lifecycle.start()
  })

  test('a frozen primary times clients out', async () => {
    const freeze = bed.ability('primary', 'freeze')
    await using connection = await bed.ability('primary', 'sql').connect({ timeoutMs: 3_000 })
    await freeze.pause()
    try {
      await expect(connection.query('select 1')).rejects.toThrow(/timeout/i)
      await expect(bed.ability('primary', 'sql').connect({ timeoutMs: 3_000 })).rejects.toThrow(/timeout/i)
    } finally {
      await freeze.resume()
    }
    // What the server had not answered is answered now: the harness's own queries work again.
    expect(await eventually(async () => (await bed.ability('primary', 'sql').query('select 1')).length === 1)).toBe(
      true,
    )
  })

  test('promote, fence, rebuild, and back again', async () => {
    const [primary, standby] = (['primary', 'standby'] as const).map(service => bed.ability(service, 'replication'))
    if (primary === undefined || standby === undefined) throw new Error('unreachable')
    await bed.ability('primary', 'freeze').pause()
    await primary.fence()
    const { milliseconds } = await standby.promote()
    expect(milliseconds).toBeGreaterThan(0)
    await bed.ability('standby', 'sql').query('insert into orders values (100001)')
    await expect(standby.promote()).rejects.toThrow(/primary already/)

    // A restart, by whatever means, does not bring the fenced server back to life.
    await bed.ability('primary', 'lifecycle').start()
    await expect(bed.ability('primary', 'sql').query('insert into orders values (100002)')).rejects.toThrow(/read-only/)

    const rebuilt = await primary.rebuild('standby')
    expect(rebuilt.method).toMatch(/^pg_(rewind|basebackup)$/)
    expect(await primary.upstream()).toBe('standby')
    expect(
      await eventually(
        async () => (await bed.ability('primary', 'sql').query('select from orders where id = 100001')).length === 1,
      ),
    ).toBe(true)

    await standby.fence()
    await primary.promote()
    await standby.rebuild('primary')
    await bed.ability('primary', 'sql').query('insert into orders values (100003)')
    expect(
      await eventually(
        async () => (await bed.ability('standby', 'sql').query('select from orders where id = 100003')).length === 1,
      ),
    ).toBe(true)
    expect(standby.promotions?.()).toHaveLength(2)
    expect(standby.promotions?.().map(({ succeeded }) => succeeded)).toEqual([true, false])
  })
})
