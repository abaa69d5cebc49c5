import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { actions } from '../../../src/actions/index.ts'
import { faults } from '../../../src/faults/index.ts'
import { postgres } from '../../../src/services/postgres.ts'
import { postgresExporter } from '../../../src/services/postgres-exporter.ts'
import { Bed, eventually } from '../services/bed.ts'
import { runtimes } from '../where.ts'
import { acting, runOn } from './lab.ts'

describe.each(runtimes)('faults on a postgres pair on %s', name => {
  let bed: Bed
  let run: ReturnType<typeof runOn>
  beforeAll(async () => {
    bed = await Bed.open(name)
    await bed.start('primary', postgres, {
      backups: { every: '1h' },
      settings: { max_connections: 30 },
      initSql:
        'create table orders (id int primary key, amount int); insert into orders select n, 5 from generate_series(1, 100) n',
    })
    await bed.start('standby', postgres, { standbyOf: 'primary' })
    await bed.start('exporter', postgresExporter, { service: 'primary' })
    run = runOn(bed, ['primary', 'standby', 'exporter'])
  })
  afterAll(() => bed[Symbol.asyncDispose]())

  const sql = (service: string) => bed.ability(service, 'sql')
  const number = async (service: string, query: string) =>
    Number(Object.values((await sql(service).query(query))[0] ?? {})[0])
  const count = (service: string) => number(service, 'select count(*) from orders')
  /** As a client sees it: opens a connection and asks. */
  const asked = async (service: string, timeoutMs = 10_000) => {
    await using connection = await sql(service).connect({ timeoutMs })
    return await connection.query('select 1')
  }

  test.each(['kill', 'stop', 'pause'] as const)('%s: clients get nothing; rolled back, they do', async kind => {
    const fault = faults[kind].prepare({ service: 'primary' }, run)
    await fault.inject()
    await expect(asked('primary', 500)).rejects.toThrow()
    await fault.rollback()
    await fault.rollback()
    expect(await asked('primary')).toHaveLength(1)
  })

  test('frozen, then killed: rolled back newest first, it answers', async () => {
    const pause = faults.pause.prepare({ service: 'primary' }, run)
    const kill = faults.kill.prepare({ service: 'primary' }, run)
    await pause.inject()
    await kill.inject()
    await kill.rollback()
    await pause.rollback()
    expect(await asked('primary')).toHaveLength(1)
  })

  test.each(['apply', 'ship'] as const)(
    'replication-lag by %s: the standby stays behind; rolled back, it catches up',
    async how => {
      const fault = faults['replication-lag'].prepare({ service: 'standby', how }, run)
      await eventually(async () => (await count('standby')) === (await count('primary')))
      await fault.inject()
      await sql('primary').query('insert into orders select max(id) + 1, 5 from orders')
      await new Promise(resolve => setTimeout(resolve, 300))
      expect(await count('standby')).toBe((await count('primary')) - 1)
      await fault.rollback()
      expect(await eventually(async () => (await count('standby')) === (await count('primary')))).toBe(true)
    },
  )

  test.each(['drop', 'refuse'] as const)('partition by %s: clients get nothing, the standby still does', async how => {
    const fault = faults.partition.prepare({ from: 'clients', to: 'primary', how }, run)
    await fault.inject()
    await expect(asked('primary', 500)).rejects.toThrow()
    await sql('primary').query('insert into orders select max(id) + 1, 5 from orders')
    expect(await eventually(async () => (await count('standby')) === (await count('primary')))).toBe(true)
    await fault.rollback()
    expect(await asked('primary')).toHaveLength(1)
  })

  test('latency: each way takes that much longer', async () => {
    await using connection = await sql('primary').connect({ timeoutMs: 5_000 })
    const took = async () => {
      const began = performance.now()
      await connection.query('select 1')
      return performance.now() - began
    }
    const fault = faults.latency.prepare({ from: 'clients', to: 'primary', by: 0.2 }, run)
    await fault.inject()
    expect(await took()).toBeGreaterThan(399)
    await fault.rollback()
    expect(await eventually(async () => (await took()) < 200)).toBe(true)
  })

  test('throttle: a big answer trickles', async () => {
    const big = async () => {
      await using connection = await sql('primary').connect({ timeoutMs: 10_000 })
      const began = performance.now()
      await connection.query("select repeat('x', 60000)")
      return performance.now() - began
    }
    const fault = faults.throttle.prepare({ from: 'clients', to: 'primary', bytesPerSecond: 60_000 }, run)
    await fault.inject()
    const throttled = await big()
    await fault.rollback()
    expect(throttled).toBeGreaterThan(500)
    expect(await eventually(async () => (await big()) < throttled / 2)).toBe(true)
  })

  test('connection-flood: nobody else gets in; rolled back, they do', async () => {
    const fault = faults['connection-flood'].prepare({ service: 'primary', protocol: 'sql', count: 200 }, run)
    const evidence = JSON.stringify(await fault.inject())
    expect(evidence).toMatch(/too many clients|remaining connection slots/)
    const refused = await asked('primary').catch(String)
    await fault.rollback()
    expect(refused).toMatch(/too many clients|remaining connection slots/)
    expect(await eventually(async () => (await asked('primary')).length === 1)).toBe(true)
  })

  test('slow-queries by sleep: they run as long as the fault; by lock: the queries of others wait', async () => {
    const sleeping = () =>
      number(
        'primary',
        "select count(*) from pg_stat_activity where query like '%pg_sleep($1)%' and state = 'active' and pid <> pg_backend_pid()",
      )
    const { spec } = faults['slow-queries']
    const slow = faults['slow-queries'].prepare(spec.parse({ service: 'primary', count: 3 }), run)
    await slow.inject()
    expect(await eventually(async () => (await sleeping()) === 3)).toBe(true)
    await slow.rollback()
    expect(await eventually(async () => (await sleeping()) === 0)).toBe(true)

    const lock = faults['slow-queries'].prepare(spec.parse({ service: 'primary', how: 'lock', table: 'orders' }), run)
    const read = async () => {
      await using connection = await sql('primary').connect({ timeoutMs: 400 })
      return await connection.query('select count(*) from orders')
    }
    await lock.inject()
    const waited = await read().catch(String)
    await lock.rollback()
    expect(waited).toMatch(/timeout/i)
    expect(await eventually(async () => (await read()).length === 1)).toBe(true)
  })

  test.each(['dead', 'hung'] as const)(
    'exporter-down, %s: its database lives; rolled back, it is scraped',
    async how => {
      const scraped = async () => {
        const { host, port } = await bed.ability('exporter', 'endpoint').address()
        return (await fetch(`http://${host}:${port}/metrics`, { signal: AbortSignal.timeout(3_000) })).ok
      }
      expect(await eventually(scraped)).toBe(true)
      const fault = faults['exporter-down'].prepare({ service: 'exporter', how }, run)
      await fault.inject()
      await expect(scraped()).rejects.toThrow()
      expect(await asked('primary')).toHaveLength(1)
      await fault.rollback()
      expect(await eventually(scraped)).toBe(true)
    },
  )

  test('stale-backups, failed-backups and corrupt-backup do what they say, and are undone', async () => {
    const backups = bed.ability('primary', 'backups')
    const failed = faults['failed-backups'].prepare({ service: 'primary' }, run)
    await failed.inject()
    await expect(backups.take()).rejects.toThrow(/failed/)
    await failed.rollback()
    const taken = await backups.take()

    const corrupt = faults['corrupt-backup'].prepare({ service: 'primary', set: 'latest' }, run)
    await corrupt.inject()
    const verified = () => actions['verify-backup'].perform({ service: 'primary', set: 'latest' }, acting(run))
    await expect(verified()).rejects.toThrow(
      `backup set ${taken.id} of primary was expected to be intact, but it is damaged`,
    )
    await corrupt.rollback()
    expect(JSON.stringify(await verified())).toContain('intact')

    const stale = faults['stale-backups'].prepare({ service: 'primary' }, run)
    expect(JSON.stringify(await stale.inject())).toContain(taken.id)
    await stale.rollback()
  })

  test('missing-wal: a restore across the hole is refused; rolled back, the segment is there', async () => {
    const backups = bed.ability('primary', 'backups')
    const fault = faults['missing-wal'].prepare({ service: 'primary' }, run)
    await sql('primary').query('select pg_switch_wal()')
    await fault.inject()
    await expect(backups.restore({ to: 'end' })).rejects.toThrow(/hole|WAL/)
    await fault.rollback()
    await fault.rollback()
    expect(await asked('primary')).toHaveLength(1)
  })

  test('a mistake is replicated; a restore to before it brings everything back, of the first of two', async () => {
    const rows = await count('primary')
    await actions['take-backup'].perform({ service: 'primary' }, acting(run))
    const update = faults['bad-update'].prepare({ service: 'primary', table: 'orders', set: { amount: 0 } }, run)
    expect(JSON.stringify(await update.inject())).toContain(`${rows} rows of orders were overwritten`)
    const drop = faults['drop-table'].prepare({ service: 'primary', table: 'orders' }, run)
    await drop.inject()
    expect(
      await eventually(
        async () => (await sql('standby').query("select to_regclass('orders') as t"))[0]?.['t'] === null,
      ),
    ).toBe(true)
    await drop.rollback()
    await expect(count('primary')).rejects.toThrow(/does not exist/)
    await actions['restore-backup'].perform({ service: 'primary', set: 'latest', to: 'before-mistake' }, acting(run))
    expect(await count('primary')).toBe(rows)
    expect(await number('primary', 'select sum(amount) from orders')).toBe(5 * rows)
    await update.rollback()
    expect(await number('primary', 'select sum(amount) from orders')).toBe(5 * rows)
  })
})

describe.each(runtimes)('disk-full on %s', name => {
  test('the database cannot write any more; rolled back, it can', async () => {
    await using bed = await Bed.open(name)
    await bed.start('primary', postgres, {
      dataLimit: '200MB',
      initSql: 'create table orders (id int primary key, filler text)',
    })
    const run = runOn(bed, ['primary'])
    const fault = faults['disk-full'].prepare({ service: 'primary', volume: 'data' }, run)
    const write = () =>
      bed
        .ability('primary', 'sql')
        .query(
          'insert into orders select n, repeat(md5(n::text), 50) from generate_series(1, 20000) n on conflict do nothing',
        )
    await fault.inject()
    await expect(write()).rejects.toThrow()
    await fault.rollback()
    await eventually(write)
    expect((await bed.ability('primary', 'sql').query('select count(*)::int as n from orders'))[0]).toEqual({
      n: 20_000,
    })
  })
})
