import { describe, expect, test } from 'vitest'
import type { Facts, ServiceFacts } from '../../../../src/services/dr-metrics/facts.ts'
import { drMetricsPage, type Settings } from '../../../../src/services/dr-metrics/page.ts'
import { testsInDrillTime } from '../../../../src/services/dr-metrics/tests.ts'

const NOW = 1_700_000_000_000
const moment = { now: NOW, timeScale: 100, staleMs: 1_500 }
const settings: Settings = {
  limits: { backupAge: 14_400, replicationLag: 300, testAge: 86_400 },
  weights: { backup: 0.5, replication: 0.5 },
  rpo: 'standby',
}
const newest = {
  id: 'a',
  type: 'full',
  startedAt: NOW - 38_000,
  stoppedAt: NOW - 36_000,
  sizeBytes: 4_000,
  walStart: 'x',
  walStop: 'x',
  verification: 'intact',
} as const
const primary: ServiceFacts = {
  service: 'primary',
  type: 'postgres',
  health: { checks: 10, failures: 1, healthy: { value: true, at: NOW } },
  replicates: false,
  promotions: [],
  replication: { at: NOW, value: { upstream: undefined, lagSeconds: 0, queueSize: 0 } },
  archive: { at: NOW, value: { archived: 7, failed: 2, ready: 1, lastArchivedAt: NOW - 3_000 } },
  backups: {
    succeeded: 3,
    failed: 1,
    lastFailed: false,
    durationsSeconds: [2],
    newest,
    lastSuccessAt: newest.stoppedAt,
    restores: [
      { startedAt: NOW - 9_000, endedAt: NOW - 3_000, succeeded: true },
      { startedAt: NOW - 20_000, endedAt: NOW - 19_000, succeeded: false },
    ],
  },
}
const standby: ServiceFacts = {
  service: 'standby',
  type: 'postgres',
  health: { checks: 10, failures: 0, healthy: { value: true, at: NOW } },
  replicates: true,
  promotions: [],
  replication: { at: NOW, value: { upstream: 'primary', lagSeconds: 0.6, queueSize: 1_234 } },
}
const facts = (...services: ServiceFacts[]): Facts => ({ services, roundAt: NOW })
const page = async (of: Facts, change: Partial<Settings> = {}, tests: Parameters<typeof drMetricsPage>[1] = []) =>
  (await drMetricsPage(of, tests, { ...settings, ...change }, moment)).split('\n')

describe('the DR metrics', () => {
  test('ages and durations are in drill time, counts and bytes are not', async () => {
    const lines = await page(facts(primary, standby))
    expect(lines).toEqual(
      expect.arrayContaining([
        'genesis_backup_total{database="primary",type="postgres",status="succeeded"} 3',
        'genesis_backup_total{database="primary",type="postgres",status="failed"} 1',
        'genesis_backup_age_hours{database="primary",type="postgres"} 1',
        'genesis_backup_size_bytes{database="primary",type="postgres"} 4000',
        'genesis_backup_network_bytes_per_second{database="primary",type="postgres"} 2000',
        'genesis_backup_duration_seconds_sum{database="primary",type="postgres"} 200',
        'genesis_backup_never_succeeded{database="primary",type="postgres"} 0',
        'genesis_backup_verified{database="primary",type="postgres"} 1',
        'genesis_wal_archive_failed_total{database="primary",type="postgres"} 2',
        'genesis_replication_lag_seconds{database="primary",standby="standby",type="postgres"} 60',
        'genesis_replication_queue_size{database="primary",standby="standby",type="postgres"} 1234',
        'genesis_rpo_minutes{database="primary",type="postgres"} 1',
        'genesis_recovery_total{database="primary",type="postgres",status="succeeded"} 1',
        'genesis_recovery_total{database="primary",type="postgres",status="failed"} 1',
        'genesis_restore_success_rate{database="primary",type="postgres"} 0.5',
        'genesis_recovery_duration_seconds_sum{database="primary",type="postgres"} 600',
        'genesis_rto_minutes{database="primary",type="postgres"} 10',
        'genesis_failover_total{database="standby",type="postgres",status="succeeded"} 0',
        'genesis_health_check_failures{service="primary",type="postgres"} 1',
        'genesis_dr_component_score{component="backup"} 1',
        'genesis_dr_component_score{component="replication"} 1',
        'genesis_dr_readiness_score 1',
        'genesis_dr_collector_up 1',
      ]),
    )
    expect(lines.filter(line => line.startsWith('genesis_rpo_minutes'))).toHaveLength(1)
  })

  test('a database that never had a successful backup is seen, and is not ready', async () => {
    const { backups } = primary
    if (backups === undefined) throw new Error('unreachable')
    const { newest: _, ...rest } = backups
    const never = { ...primary, backups: { ...rest, newest: undefined, lastSuccessAt: undefined, succeeded: 0 } }
    const lines = await page(facts(never), { rpo: 'archive' })
    expect(lines).toContain('genesis_backup_age_hours{database="primary",type="postgres"} +Inf')
    expect(lines).toContain('genesis_backup_never_succeeded{database="primary",type="postgres"} 1')
    expect(lines).toContain('genesis_rpo_minutes{database="primary",type="postgres"} +Inf')
    expect(lines).toContain('genesis_dr_component_score{component="backup"} 0')
  })

  test('a dead collector freezes nothing: samples go, ages grow, and it says that it is dead', async () => {
    const dead: Facts = { services: [primary, standby], roundAt: NOW }
    const later = { ...moment, now: NOW + 36_000 }
    const lines = (await drMetricsPage(dead, [], settings, later)).split('\n')
    expect(lines).toContain('genesis_dr_collector_up 0')
    expect(lines).toContain('genesis_backup_age_hours{database="primary",type="postgres"} 2')
    expect(lines.filter(line => /^genesis_(replication_lag|replication_queue|rpo|service_healthy)/.test(line))).toEqual(
      [],
    )
    expect(lines).toContain('genesis_dr_component_score{component="replication"} 0')
    expect(lines).toContain('genesis_dr_readiness_score 0.5')
  })

  test.each([
    ['the last backup failed', { lastFailed: true }],
    ['the newest backup is damaged', { newest: { ...newest, verification: 'damaged' as const } }],
    ['the newest backup is too old', { lastSuccessAt: NOW - 150_000 }],
  ])('not ready: %s', async (_, change) => {
    if (primary.backups === undefined) throw new Error('unreachable')
    const lines = await page(facts({ ...primary, backups: { ...primary.backups, ...change } }, standby))
    expect(lines).toContain('genesis_dr_component_score{component="backup"} 0')
    expect(lines).toContain('genesis_dr_readiness_score 0.5')
  })

  test('a standby that cannot be measured is not ready, and one that lags too much is not', async () => {
    const silent = { ...standby, replication: undefined }
    expect(await page(facts(primary, silent))).toContain('genesis_dr_component_score{component="replication"} 0')
    const slow = { ...standby, replication: { at: NOW, value: { upstream: 'primary', lagSeconds: 3.1, queueSize: 0 } } }
    expect(await page(facts(primary, slow))).toContain('genesis_dr_component_score{component="replication"} 0')
  })

  test('by archive, data loss is what was not archived', async () => {
    expect(await page(facts(primary), { rpo: 'archive' })).toContain(
      'genesis_rpo_minutes{database="primary",type="postgres"} 5',
    )
  })

  test('a component with a weight that nothing measures counts as not ready', async () => {
    const lines = await page(facts(primary, standby), { weights: { backup: 1, testing: 3 } })
    expect(lines).toContain('genesis_dr_component_score{component="testing"} 0')
    expect(lines).toContain('genesis_dr_readiness_score 0.25')
  })

  test('past tests age in drill time; never stays never', async () => {
    const families = [
      {
        name: 'genesis_dr_test_last_success_timestamp',
        help: 'x',
        type: 'gauge' as const,
        samples: [
          { labels: { scenario: 'a' }, value: NOW / 1000 - 50_000 },
          { labels: { scenario: 'b' }, value: 0 },
        ],
      },
    ]
    const shifted = testsInDrillTime(families, { now: NOW, since: NOW - 500_000, timeScale: 100 })
    // 500 s of wall time passed as 50,000 s; the age grew by 49,500 s more than on the wall.
    expect(shifted[0]?.samples.map(({ value }) => value)).toEqual([NOW / 1000 - 99_500, 0])
    const lines = await page(facts(primary), { weights: { testing: 1 } }, families)
    expect(lines).toContain('genesis_dr_component_score{component="testing"} 0.5')
    expect(lines).toContain('genesis_dr_test_last_success_timestamp{scenario="b"} 0')
  })
})
