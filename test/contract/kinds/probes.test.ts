import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { actions } from '../../../src/actions/index.ts'
import { faults } from '../../../src/faults/index.ts'
import type { ProbeKind } from '../../../src/model/kind.ts'
import { measure } from '../../../src/model/measures/index.ts'
import type { Measure, MeasureName } from '../../../src/model/record.ts'
import { probes } from '../../../src/probes/index.ts'
import { runProbe } from '../../../src/run/probes.ts'
import { startTimeline } from '../../../src/run/timeline.ts'
import { endpoint } from '../../../src/services/endpoint.ts'
import { postgres } from '../../../src/services/postgres.ts'
import { redis } from '../../../src/services/redis.ts'
import { Bed } from '../services/bed.ts'
import { runtimes } from '../where.ts'
import { acting, runOn } from './lab.ts'

const EVERY_MS = 10
const sleep = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds))

/** A probe against real services, with the timeline that measures are made of. */
async function probing<Spec>(bed: Bed, services: readonly string[], kind: ProbeKind<Spec>, yaml: object) {
  const timeline = startTimeline(1)
  const run = {
    ...runOn(bed, services),
    clock: timeline.clock,
    events: timeline.events as never,
    append: timeline.append as never,
  }
  const session = await kind.open(kind.spec.parse(yaml), { ...run, name: 'orders', everyMs: EVERY_MS })
  const probe = runProbe({ name: 'orders', everyMs: EVERY_MS, session, timeline, signal: run.signal })
  const measures = (): readonly Measure[] =>
    measure({
      objectives: {},
      probes: [{ name: 'orders', kind: 'probe', everyMs: EVERY_MS }],
      events: timeline.recorded(),
      timeScale: 1,
      expectations: [],
    })
  const acknowledged = () =>
    timeline.events.reduce(
      (sum, event) => (event.event === 'probe' && event.outcome === 'ok' ? sum + event.count : sum),
      0,
    )
  return {
    run,
    timeline,
    acknowledged,
    /** Waits for so many more acknowledgements, however slow the machine is. */
    async more(count: number) {
      const wanted = acknowledged() + count
      await expect.poll(acknowledged, { timeout: 30_000 }).toBeGreaterThanOrEqual(wanted)
    },
    session,
    probe,
    measured: (name: MeasureName) => measures().find(one => one.name === name),
    async injected(inject: () => Promise<unknown>) {
      timeline.append({ event: 'fault.injecting', fault: 'fault', name: 'fault' })
      await inject()
      timeline.append({ event: 'fault.injected', fault: 'fault', name: 'fault', evidence: [] })
    },
  }
}

describe.each(runtimes)('sql-write on %s', name => {
  let bed: Bed
  beforeAll(async () => {
    bed = await Bed.open(name)
    await bed.start('primary', postgres)
    await bed.start('standby', postgres, { standbyOf: 'primary' })
    await bed.start('db', endpoint, { to: 'primary' })
  })
  afterAll(() => bed[Symbol.asyncDispose]())
  const services = ['primary', 'standby', 'db']

  test('frozen for a known time: the truth lies within the bound, and nothing is lost', async () => {
    const drill = await probing(bed, services, probes['sql-write'], {
      service: 'db',
      timeout: '300ms',
      table: 'frozen',
    })
    await using _probe = drill.probe
    await drill.more(10)
    const fault = faults.pause.prepare({ service: 'primary' }, drill.run)
    await drill.injected(fault.inject)
    const down = performance.now()
    await sleep(1_000)
    await fault.rollback()
    const truth = (performance.now() - down) / 1000
    await drill.more(10)
    await drill.probe.reconcile()
    const { value = Number.NaN, error = Number.NaN } = drill.measured('recoveryTime') ?? {}
    // The pause lasted at least the sleep; at most until the rollback had returned.
    expect(value).toBeGreaterThanOrEqual(1)
    expect(value - error).toBeLessThanOrEqual(truth)
    expect(drill.measured('dataLossRows')).toMatchObject({ value: 0 })
  })

  test('killed and started again: another server answers, and every acknowledged write is there', async () => {
    const drill = await probing(bed, services, probes['sql-write'], { service: 'db', table: 'killed' })
    await using _probe = drill.probe
    await drill.more(10)
    const fault = faults.kill.prepare({ service: 'primary' }, drill.run)
    await drill.injected(fault.inject)
    await sleep(200)
    await fault.rollback()
    await drill.more(10)
    await drill.probe.reconcile()
    const servers = new Set(
      drill.timeline.events.flatMap(event => (event.event === 'probe' && event.outcome === 'ok' ? [event.server] : [])),
    )
    expect(servers.size).toBe(2)
    expect(drill.measured('recoveryTime')?.value).toBeGreaterThan(0.2)
    expect(drill.measured('dataLossRows')).toMatchObject({ value: 0 })
    expect(drill.timeline.events.find(({ event }) => event === 'ledger')).not.toHaveProperty('failure')
  })

  test('failover from a primary that shipped nothing more: the ledger counts exactly what was not shipped', async () => {
    const drill = await probing(bed, services, probes['sql-write'], { service: 'db', table: 'shipped' })
    await using _probe = drill.probe
    await drill.more(10)
    const lag = faults['replication-lag'].prepare({ service: 'standby', how: 'ship' }, drill.run)
    await lag.inject()
    await drill.more(10)
    const kill = faults.kill.prepare({ service: 'primary' }, drill.run)
    await drill.injected(kill.inject)
    await actions.promote.perform({ service: 'standby' }, acting(drill.run))
    await actions.repoint.perform({ service: 'db', to: 'standby' }, acting(drill.run))
    await drill.more(10)
    await drill.probe.reconcile()
    const ledger = drill.timeline.events.find(event => event.event === 'ledger')
    if (ledger?.event !== 'ledger') throw new Error('there is no ledger')
    const [row] = await bed.ability('standby', 'sql').query('select count(*)::int as kept from shipped')
    expect(ledger.lost).toBeGreaterThan(5)
    expect(ledger.acknowledged - ledger.lost + ledger.unknownKept).toBe(row?.['kept'])
    const recovery = drill.measured('recoveryTime')
    expect(recovery?.value).toBeGreaterThan(0)
    const ending = drill.timeline.events.findLast(event => event.event === 'probe')
    expect(ending).toMatchObject({ outcome: 'ok', server: expect.stringMatching(/^standby\//) })
    // Everybody back to where they were, old primary first as a standby.
    await lag.rollback()
    await actions['rebuild-standby'].perform({ service: 'primary', from: 'standby' }, acting(drill.run))
    await actions.failback.perform({ to: 'primary', from: 'standby', endpoint: 'db' }, acting(drill.run))
    expect(await bed.ability('standby', 'replication').upstream()).toBe('primary')
    const [back] = await bed.ability('db', 'sql').query('select count(*)::int as kept from shipped')
    expect(back).toEqual(row)
  })
})

describe.each(runtimes)('redis-write on %s', name => {
  test.each([
    ['aof', 0],
    ['none', 'all'],
  ] as const)('with persistence %s a kill loses %s acknowledged writes', async (persistence, lost) => {
    await using bed = await Bed.open(name)
    await bed.start('cache', redis, { persistence })
    const drill = await probing(bed, ['cache'], probes['redis-write'], { service: 'cache' })
    await using _probe = drill.probe
    await drill.more(10)
    const fault = faults.kill.prepare({ service: 'cache' }, drill.run)
    await drill.injected(fault.inject)
    // Stopped while the service is down, so that all acknowledged writes are from before the kill.
    await drill.probe.stop()
    const acknowledged = drill.acknowledged()
    await fault.rollback()
    expect(acknowledged).toBeGreaterThan(5)
    expect(drill.measured('dataLossRows')).toBeUndefined()
    await drill.probe.reconcile()
    expect(drill.measured('dataLossRows')?.value).toBe(lost === 'all' ? acknowledged : 0)
  })
})
