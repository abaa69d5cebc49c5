import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { actions } from '../../src/actions/index.ts'
import { expectations } from '../../src/expectations/index.ts'
import { faults } from '../../src/faults/index.ts'
import type { FaultKind, Kind, Need } from '../../src/model/kind.ts'
import { probes } from '../../src/probes/index.ts'
import { type FakeRun, FakeServer, fakeRun } from '../fakes/run.ts'

type AnyKind = Kind<unknown> & { needs(spec: unknown): readonly Need[] }
const families: Record<string, Readonly<Record<string, AnyKind>>> = { faults, actions, expectations, probes }
const all = Object.entries(families).flatMap(([family, kinds]) =>
  Object.entries(kinds).map(([name, kind]) => ({ family, name, kind })),
)

describe.each(all)('$family: $name', ({ name, kind }) => {
  const { kind: written, ...keys } = parse(kind.example) as Record<string, unknown>

  test('its example is a complete mapping of this kind', () => {
    expect(written).toBe(name)
    expect(kind.spec.safeParse(keys)).toMatchObject({ success: true })
  })

  test('a key that it does not know is refused by name', () => {
    const decoded = kind.spec.safeParse({ ...keys, 'no-such-key': 1 })
    expect(decoded.success).toBe(false)
    expect(decoded.error?.issues).toContainEqual(
      expect.objectContaining({ code: 'unrecognized_keys', keys: ['no-such-key'] }),
    )
  })

  test('its summary is one sentence', () => {
    expect(kind.summary).toMatch(/^[A-Z][^\n]*[^.]\.$/)
    expect(kind.summary).not.toMatch(/\. /)
  })

  test('what it needs are services that its example names', () => {
    const text = JSON.stringify(keys)
    for (const { service } of kind.needs(kind.spec.parse(keys))) expect(text).toContain(`"${service}"`)
  })
})

/** Human errors cannot be undone; that is said in their summaries and in the notes of the run. */
const lasting = new Set(['drop-table', 'bad-update'])

describe.each(Object.entries(faults as Readonly<Record<string, FaultKind<unknown>>>))('fault %s', (name, kind) => {
  async function prepared(): Promise<{ run: FakeRun; fault: ReturnType<typeof kind.prepare> }> {
    const { kind: _, ...keys } = parse(kind.example) as Record<string, unknown>
    const run = fakeRun({
      servers: ['primary', 'cache', 'web', 'primary-exporter']
        .map(server => new FakeServer(server))
        .concat(new FakeServer('standby', { upstream: 'primary' })),
    })
    await run.server('primary').backups.take()
    run.server('primary').sql.tables.set('orders', new Map([['1', { number: '1', amount: 1 }]]))
    await run.server('cache').redis.command('SET', 'of-others', '1')
    return { run, fault: kind.prepare(kind.spec.parse(keys), run) }
  }

  test('preparing it and rolling it back before it is injected change nothing', async () => {
    const { run, fault } = await prepared()
    const before = run.state()
    await fault.rollback()
    await fault.rollback()
    expect(run.state()).toEqual(before)
    expect(run.events).toEqual([])
  })

  test('injected it does damage and shows evidence', async () => {
    const { run, fault } = await prepared()
    const before = JSON.stringify([run.state(), tablesOf(run)])
    const evidence = await fault.inject()
    expect(evidence.length).toBeGreaterThan(0)
    expect(JSON.stringify([run.state(), tablesOf(run)])).not.toBe(before)
    await fault.rollback()
  })

  test.skipIf(lasting.has(name))('rolled back, once or twice, everything is as before', async () => {
    const { run, fault } = await prepared()
    const before = structuredClone(run.state())
    await fault.inject()
    await fault.rollback()
    expect(withoutEvicted(run.state(), name)).toEqual(withoutEvicted(before, name))
    await fault.rollback()
    expect(withoutEvicted(run.state(), name)).toEqual(withoutEvicted(before, name))
  })

  test('it can be injected again after a rollback', async () => {
    const { run, fault } = await prepared()
    await fault.inject()
    await fault.rollback()
    if (lasting.has(name)) run.server('primary').sql.tables.set('orders', new Map())
    expect((await fault.inject()).length).toBeGreaterThan(0)
    await fault.rollback()
  })
})

function tablesOf(run: FakeRun): unknown {
  return [...run.server('primary').sql.tables].map(([name, rows]) => [name, [...rows]])
}

/** Keys of others that an eviction storm evicted do not come back; its documentation says so. */
function withoutEvicted(state: unknown, name: string): unknown {
  return name === 'eviction-storm' ? JSON.parse(JSON.stringify(state).replaceAll('"of-others"', '')) : state
}
