import { describe, expect, test } from 'vitest'
import type { ProbeKind } from '../../../src/model/kind.ts'
import { probes } from '../../../src/probes/index.ts'
import { FakeServer, fakeRun, probeContext } from '../../fakes/run.ts'

const open = async (kind: ProbeKind<never>, spec: object) => {
  const run = fakeRun({ servers: [new FakeServer('primary')] })
  const decoded = (kind.spec as { parse(value: unknown): never }).parse({
    service: 'primary',
    timeout: '200ms',
    ...spec,
  })
  return { run, primary: run.server('primary'), session: await kind.open(decoded, probeContext(run, 'new-orders')) }
}
const sqlWrite = probes['sql-write'] as unknown as ProbeKind<never>
const redisWrite = probes['redis-write'] as unknown as ProbeKind<never>
const all = ['sql-write', 'sql-read', 'redis-write', 'redis-read'] as const

describe.each(all)('%s', name => {
  const kind = probes[name] as unknown as ProbeKind<never>

  test('tells who answered, and another one after a restart', async () => {
    const { primary, session } = await open(kind, {})
    expect(await session.attempt(1)).toEqual({ outcome: 'ok', server: 'primary/start 1/primary' })
    await primary.abilities.lifecycle.kill()
    expect((await session.attempt(2)).outcome).not.toBe('ok')
    expect(await session.attempt(3)).toMatchObject({ outcome: 'failed', message: expect.stringContaining('REFUSED') })
    await primary.abilities.lifecycle.start()
    expect(await session.attempt(4)).toEqual({ outcome: 'ok', server: 'primary/start 2/primary' })
    await session[Symbol.asyncDispose]()
  })

  test('a server that hangs does not hang the probe; thawed, it answers again', async () => {
    const { primary, session } = await open(kind, {})
    await session.attempt(1)
    await primary.abilities.freeze.pause()
    // One operation meets the hanging connection, the next cannot even connect.
    expect((await session.attempt(2)).outcome).not.toBe('ok')
    expect((await session.attempt(3)).outcome).toBe('failed')
    await primary.abilities.freeze.resume()
    expect((await session.attempt(4)).outcome).toBe('ok')
    await session[Symbol.asyncDispose]()
  })
})

describe.each([
  ['sql-write', sqlWrite],
  ['redis-write', redisWrite],
] as const)('the ledger of %s', (_, kind) => {
  test('survivors are the writes of this session, by number', async () => {
    const { session } = await open(kind, {})
    for (const number of [1, 2, 5]) await session.attempt(number)
    expect(await session.survivors?.()).toEqual(new Set([1, 2, 5]))
  })

  test('a write that met a hanging server is unknown, one that was never sent has failed', async () => {
    const { primary, session } = await open(kind, {})
    await session.attempt(1)
    await primary.abilities.freeze.pause()
    expect((await session.attempt(2)).outcome).toBe('unknown')
    expect((await session.attempt(3)).outcome).toBe('failed')
    await primary.abilities.freeze.resume()
  })

  test('a server that refuses writes has failed for sure', async () => {
    const { primary, session } = await open(kind, {})
    primary.upstream = 'another'
    expect(await session.attempt(1)).toMatchObject({ outcome: 'failed', message: expect.stringMatching(/read.only/i) })
    expect(await session.survivors?.()).toEqual(new Set())
  })
})

describe('sql-write', () => {
  test('a write whose acknowledgement got lost is unknown, although it is there', async () => {
    const { primary, session } = await open(sqlWrite, {})
    primary.sql.loseNextAcknowledgement = true
    expect((await session.attempt(1)).outcome).toBe('unknown')
    expect(await session.survivors?.()).toEqual(new Set([1]))
  })

  test('two probes on one table do not count the markers of each other', async () => {
    const { run, session } = await open(sqlWrite, { table: 'orders' })
    const spec = { service: 'primary', timeout: 1, table: 'orders' }
    const other = await probes['sql-write'].open(spec, probeContext(run, 'others'))
    await session.attempt(1)
    await other.attempt(1)
    await other.attempt(2)
    expect(await session.survivors?.()).toEqual(new Set([1]))
  })

  test('a table that was dropped has lost everything; a database that is down tells nothing', async () => {
    const { primary, session } = await open(sqlWrite, {})
    await session.attempt(1)
    primary.sql.tables.delete('genesis_drill_new_orders')
    expect(await session.survivors?.()).toEqual(new Set())
    primary.running = false
    await expect(session.survivors?.()).rejects.toThrow('REFUSED')
  })
})

describe('redis-write', () => {
  test('without enough replicas a write is unknown', async () => {
    const { session } = await open(redisWrite, { replicas: 1 })
    expect(await session.attempt(1)).toMatchObject({ outcome: 'unknown', message: '0 of 1 replicas have it' })
  })
})
