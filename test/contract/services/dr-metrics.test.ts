import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { drMetrics } from '../../../src/services/dr-metrics.ts'
import { postgres } from '../../../src/services/postgres.ts'
import { redis } from '../../../src/services/redis.ts'
import { runtimes } from '../where.ts'
import { Bed, eventually } from './bed.ts'

describe.each(runtimes)('dr-metrics on %s', name => {
  const K = 60
  const ROUNDING = 1e-9
  let bed: Bed
  beforeAll(async () => {
    bed = await Bed.open(name, K)
    await bed.start('primary', postgres, { backups: { every: '1h' } })
    await bed.start('standby', postgres, { standbyOf: 'primary' })
    await bed.start('fresh', postgres, { backups: { every: '1h', first: false } })
    await bed.start('cache', redis)
    await bed.start('dr', drMetrics, { observes: ['primary', 'standby', 'fresh', 'cache'] })
  })
  afterAll(() => bed[Symbol.asyncDispose]())

  const scrape = async () => {
    const { host, port } = await bed.ability('dr', 'endpoint').address()
    return (await fetch(`http://${host}:${port}/metrics`)).text()
  }
  const value = async (series: string) => {
    const line = (await scrape()).split('\n').find(each => each.startsWith(`${series} `))
    return line === undefined ? undefined : Number(line.slice(series.length + 1).replace('Inf', 'Infinity'))
  }

  test('backups as they really are, never succeeded included', async () => {
    expect(await value('genesis_backup_total{database="primary",type="postgres",status="succeeded"}')).toBe(1)
    const [set] = await bed.ability('primary', 'backups').list()
    expect(await value('genesis_backup_size_bytes{database="primary",type="postgres"}')).toBe(set?.sizeBytes)
    const before = ((Date.now() - (set?.stoppedAt ?? 0)) / 3_600_000) * K
    const age = await value('genesis_backup_age_hours{database="primary",type="postgres"}')
    const after = ((Date.now() - (set?.stoppedAt ?? 0)) / 3_600_000) * K
    // Read within the same millisecond it is the same instant, rounded in another order.
    expect(age).toBeGreaterThanOrEqual(before - ROUNDING)
    expect(age).toBeLessThanOrEqual(after + ROUNDING)
    expect(await value('genesis_backup_age_hours{database="fresh",type="postgres"}')).toBe(Number.POSITIVE_INFINITY)
    expect(await value('genesis_backup_never_succeeded{database="fresh",type="postgres"}')).toBe(1)
    await bed.ability('fresh', 'backups').take()
    expect(
      await eventually(
        async () => (await value('genesis_backup_never_succeeded{database="fresh",type="postgres"}')) === 0,
      ),
    ).toBe(true)
  })

  test('a failed job counts, and readiness drops', async () => {
    expect(await eventually(async () => (await value('genesis_dr_readiness_score')) === 1)).toBe(true)
    const backups = bed.ability('primary', 'backups')
    await backups.breakJob()
    await backups.take().catch(() => {})
    await backups.mendJob()
    expect(
      await eventually(
        async () => (await value('genesis_backup_total{database="primary",type="postgres",status="failed"}')) === 1,
      ),
    ).toBe(true)
    expect(await value('genesis_dr_component_score{component="backup"}')).toBe(0.5)
    await backups.take()
    expect(await eventually(async () => (await value('genesis_dr_readiness_score')) === 1)).toBe(true)
  })

  test('damage to the newest backup is found by the verification on its schedule', async () => {
    const verified = 'genesis_backup_verified{database="primary",type="postgres"}'
    expect(await eventually(async () => (await value(verified)) === 1, 60_000)).toBe(true)
    const { undo } = await bed.ability('primary', 'backups').corrupt()
    expect(await eventually(async () => (await value(verified)) === 0, 60_000)).toBe(true)
    await undo()
    expect(await eventually(async () => (await value(verified)) === 1, 60_000)).toBe(true)
  })

  test('lag in drill time, and no sample when the standby is gone', async () => {
    const lag = 'genesis_replication_lag_seconds{database="primary",standby="standby",type="postgres"}'
    const rpo = 'genesis_rpo_minutes{database="primary",type="postgres"}'
    expect(await value(lag)).toBeDefined()
    const replication = bed.ability('standby', 'replication')
    await replication.pauseApply()
    expect(await eventually(async () => ((await value(lag)) ?? 0) > 2 * K)).toBe(true)
    expect(await value(rpo)).toBeGreaterThan(1)
    await replication.resumeApply()
    expect(await eventually(async () => ((await value(lag)) ?? Number.NaN) < K)).toBe(true)
    await bed.ability('standby', 'lifecycle').kill()
    expect(await eventually(async () => (await value(lag)) === undefined)).toBe(true)
    expect(await value('genesis_dr_collector_up')).toBe(1)
    expect(await value('genesis_dr_component_score{component="replication"}')).toBe(0)
    expect(await value('genesis_health_check_failures{service="standby",type="postgres"}')).toBeGreaterThan(0)
    await bed.ability('standby', 'lifecycle').start()
    expect(await eventually(async () => (await value(lag)) !== undefined)).toBe(true)
  })

  test('restores and promotions are counted and timed', async () => {
    await bed.ability('standby', 'replication').promote()
    await bed.ability('primary', 'backups').restore({ to: 'end' })
    expect(
      await eventually(
        async () =>
          (await value('genesis_failover_total{database="standby",type="postgres",status="succeeded"}')) === 1,
      ),
    ).toBe(true)
    expect(await value('genesis_recovery_total{database="primary",type="postgres",status="succeeded"}')).toBe(1)
    const [restore] = bed.ability('primary', 'backups').restores?.() ?? []
    expect(await value('genesis_rto_minutes{database="primary",type="postgres"}')).toBeCloseTo(
      ((((restore?.endedAt ?? 0) - (restore?.startedAt ?? 0)) / 1000) * K) / 60,
    )
  })

  test('the page dies and comes back at the same address', async () => {
    const lifecycle = bed.ability('dr', 'lifecycle')
    await lifecycle.kill()
    await expect(scrape()).rejects.toThrow()
    await lifecycle.start()
    expect(await scrape()).toContain('genesis_dr_collector_up 1')
  })
})
