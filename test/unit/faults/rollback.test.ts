import { describe, expect, test } from 'vitest'
import { faults } from '../../../src/faults/index.ts'
import { FakeServer, fakeRun } from '../../fakes/run.ts'

function stack() {
  const run = fakeRun({ servers: [new FakeServer('primary'), new FakeServer('standby', { upstream: 'primary' })] })
  return { run, primary: run.server('primary'), standby: run.server('standby') }
}

describe('a rollback meets what became of the service meanwhile', () => {
  test('frozen, then fenced: it is started again and stays fenced', async () => {
    const { run, primary } = stack()
    const pause = faults.pause.prepare({ service: 'primary' }, run)
    await pause.inject()
    await primary.abilities.replication.fence()
    await pause.rollback()
    expect(primary).toMatchObject({ running: true, frozen: false, fenced: true })
  })

  test('frozen, then killed: rolled back newest first, it runs and answers', async () => {
    const { run, primary } = stack()
    const pause = faults.pause.prepare({ service: 'primary' }, run)
    await pause.inject()
    const kill = faults.kill.prepare({ service: 'primary' }, run)
    await kill.inject()
    await kill.rollback()
    await pause.rollback()
    expect(primary).toMatchObject({ running: true, frozen: false })
    expect(primary.calls).toEqual(['kill', 'start'])
  })

  test('killed, then started by the runbook: it is not started twice', async () => {
    const { run, primary } = stack()
    const kill = faults.kill.prepare({ service: 'primary' }, run)
    await kill.inject()
    await primary.abilities.lifecycle.start()
    await kill.rollback()
    expect(primary.calls).toEqual(['kill', 'start'])
  })

  test('a lagging standby that was promoted is reconnected without an error', async () => {
    const { run, standby } = stack()
    const lag = faults['replication-lag'].prepare({ service: 'standby', how: 'ship' }, run)
    await lag.inject()
    await standby.abilities.replication.promote()
    await lag.rollback()
    expect(run.state()).toMatchObject({ disturbed: [] })
    expect(standby.upstream).toBeUndefined()
  })

  test('a rollback that failed is owed until it succeeds', async () => {
    const { run, primary } = stack()
    const { start } = primary.abilities.lifecycle
    const kill = faults.kill.prepare({ service: 'primary' }, run)
    await kill.inject()
    Object.assign(primary.abilities.lifecycle, { start: () => Promise.reject(new Error('port in use')) })
    await expect(kill.rollback()).rejects.toThrow('port in use')
    Object.assign(primary.abilities.lifecycle, { start })
    await kill.rollback()
    expect(primary.running).toBe(true)
  })

  test('a disk that was full is freed, and the database that gave up is started', async () => {
    const { run, primary } = stack()
    const full = faults['disk-full'].prepare({ service: 'primary', volume: 'data' }, run)
    await full.inject()
    expect(primary.running).toBe(false)
    await full.rollback()
    expect(primary.running).toBe(true)
    expect(primary.full.size).toBe(0)
  })
})

describe('what cannot be broken is refused before anything is damaged', () => {
  test('a service that is down is not killed, and a rollback does not start it', async () => {
    const { run, primary } = stack()
    primary.running = false
    const kill = faults.kill.prepare({ service: 'primary' }, run)
    await expect(kill.inject()).rejects.toThrow('primary was expected to run, but it is down already')
    await kill.rollback()
    expect(primary.running).toBe(false)
  })

  test('a primary cannot lag', async () => {
    const { run } = stack()
    const lag = faults['replication-lag'].prepare({ service: 'primary', how: 'apply' }, run)
    await expect(lag.inject()).rejects.toThrow('primary was expected to follow a primary, but it is one itself')
  })

  test('a volume without a limit of its own is never filled', () => {
    const { run, primary } = stack()
    Object.assign(primary.abilities.storage, { volumes: () => ['archive'] })
    expect(() => faults['disk-full'].prepare({ service: 'primary', volume: 'data' }, run)).toThrow(
      /the data volume of primary has no size limit.*limited: archive/,
    )
  })

  test('a link to a service that does not exist is named, with the nearest one', () => {
    const { run } = stack()
    const spec = { from: 'standby', to: 'primry', how: 'drop' as const }
    expect(() => faults.partition.prepare(spec, run)).toThrow(/"primry".*did you mean "primary"\?/)
  })

  test('a lock needs a table, a sleep must have none', () => {
    const { spec } = faults['slow-queries']
    expect(spec.safeParse({ service: 'primary', how: 'lock' }).success).toBe(false)
    expect(spec.safeParse({ service: 'primary', how: 'sleep', table: 'orders' }).success).toBe(false)
    expect(spec.safeParse({ service: 'primary', how: 'lock', table: 'orders' }).success).toBe(true)
  })

  test('a table name cannot smuggle in a statement', () => {
    const { spec } = faults['drop-table']
    expect(spec.safeParse({ service: 'primary', table: 'orders; drop table customers' }).success).toBe(false)
    expect(spec.safeParse({ service: 'primary', table: 'shop.orders' }).success).toBe(true)
  })
})

describe('a mistake', () => {
  test('is recorded with its transaction and an instant before it, and is not rolled back', async () => {
    const { run, primary } = stack()
    primary.sql.tables.set('orders', new Map())
    const before = run.clock.now()
    const mistake = faults['drop-table'].prepare({ service: 'primary', table: 'orders' }, run)
    await mistake.inject()
    const [event] = run.events
    expect(event).toMatchObject({ event: 'mistake', service: 'primary', xid: '700' })
    if (event?.event !== 'mistake') throw new Error('expected a mistake')
    expect(event.began).toBeGreaterThanOrEqual(before)
    expect(event.began).toBeLessThanOrEqual(event.at)
    expect(event.beganWall).toBeLessThanOrEqual(event.wall)
    await mistake.rollback()
    expect(primary.sql.tables.has('orders')).toBe(false)
    expect(run.events.at(-1)).toMatchObject({ event: 'note', message: expect.stringContaining('not rolled back') })
  })

  test('tells how many rows it overwrote', async () => {
    const { run, primary } = stack()
    primary.sql.tables.set('orders', new Map([1, 2, 3].map(number => [String(number), { amount: 5 }])))
    const evidence = await faults['bad-update']
      .prepare({ service: 'primary', table: 'orders', set: { amount: 0 } }, run)
      .inject()
    expect(JSON.stringify(evidence)).toContain('3 rows of orders were overwritten')
    expect([...(primary.sql.tables.get('orders') ?? []).values()]).toEqual([
      { amount: 0 },
      { amount: 0 },
      { amount: 0 },
    ])
  })

  test('that the database refuses is no mistake', async () => {
    const { run } = stack()
    const mistake = faults['drop-table'].prepare({ service: 'primary', table: 'orders' }, run)
    await expect(mistake.inject()).rejects.toThrow('relation "orders" does not exist')
    await mistake.rollback()
    expect(run.events).toEqual([])
  })
})

test('a flood is bounded by what the server lets in, and says what was refused', async () => {
  const { run, primary } = stack()
  const flood = faults['connection-flood'].prepare({ service: 'primary', protocol: 'sql', count: 500 }, run)
  const evidence = JSON.stringify(await flood.inject())
  expect(primary.sql.open.size).toBe(100)
  expect(evidence).toContain('too many clients')
  await expect(primary.sql.connect()).rejects.toThrow('too many clients')
  await flood.rollback()
  expect(primary.sql.open.size).toBe(0)
})
