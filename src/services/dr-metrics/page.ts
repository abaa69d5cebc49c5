import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { MetricFamily } from '../../model/test-metrics.ts'
import type { Facts, ServiceFacts } from './facts.ts'
import {
  type ComponentName,
  componentScores,
  dilated,
  fresh,
  type Limits,
  type Moment,
  readinessScore,
} from './readiness.ts'

export interface Settings {
  readonly limits: Limits
  readonly weights: Readonly<Partial<Record<ComponentName, number>>>
  /** By what data loss is judged: the standbys of a database, or its WAL archive and backups. */
  readonly rpo: 'standby' | 'archive'
}

/** Drill seconds. */
const DURATIONS = [1, 5, 15, 60, 300, 900, 3_600, 7_200, 14_400, 28_800, 86_400]

/** Wall time whatever K is: how fast bytes really went. */
export const wallMetrics: readonly string[] = ['genesis_backup_network_bytes_per_second']

/**
 * The metrics page at one moment. Ages and durations are in drill time. A sample whose measuring has stopped is left out instead of
 * frozen; ages are reckoned here from instants, so they go on growing whatever stopped.
 */
export async function drMetricsPage(
  facts: Facts,
  tests: readonly MetricFamily[],
  settings: Settings,
  moment: Moment,
): Promise<string> {
  const page = new Page()
  for (const service of facts.services) {
    backupSamples(page, service, moment)
    replicationSamples(page, service, moment)
    recoverySamples(page, service, moment)
    healthSamples(page, service, moment)
    rpoSample(page, service, facts, settings, moment)
  }
  for (const { name, help, type, samples } of tests)
    for (const { labels, value } of samples) page[type](name, help, labels, value)
  readinessSamples(page, facts, tests, settings, moment)
  const collecting = facts.roundAt !== undefined && moment.now - facts.roundAt <= moment.staleMs
  page.gauge('genesis_dr_collector_up', 'Whether the collector of these metrics is at work.', {}, collecting ? 1 : 0)
  if (facts.roundAt !== undefined)
    page.gauge(
      'genesis_dr_collector_last_round_timestamp_seconds',
      'When the collector last finished a round.',
      {},
      moment.now / 1000 - dilated(moment.now - facts.roundAt, moment),
    )
  return page.text()
}

function backupSamples(
  page: Page,
  { service, type, backups, archive, storage, dataBytes }: ServiceFacts,
  moment: Moment,
): void {
  const labels = { database: service, type }
  if (dataBytes !== undefined && fresh(dataBytes, { ...moment, staleMs: SLOW_STALE_MS }))
    page.gauge('genesis_storage_used_bytes', 'Bytes in use.', { ...labels, volume: 'data' }, dataBytes.value)
  if (backups === undefined) return
  const { newest, lastSuccessAt } = backups
  const total = 'Backups that ended, by outcome.'
  page.counter('genesis_backup_total', total, { ...labels, status: 'succeeded' }, backups.succeeded)
  page.counter('genesis_backup_total', total, { ...labels, status: 'failed' }, backups.failed)
  page.histogram(
    'genesis_backup_duration_seconds',
    'Duration of successful backups.',
    labels,
    backups.durationsSeconds.map(seconds => dilated(seconds * 1000, moment)),
  )
  page.gauge(
    'genesis_backup_never_succeeded',
    '1 for a database that never had a successful backup.',
    labels,
    lastSuccessAt === undefined ? 1 : 0,
  )
  const age = lastSuccessAt === undefined ? Number.POSITIVE_INFINITY : dilated(moment.now - lastSuccessAt, moment)
  page.gauge(
    'genesis_backup_age_hours',
    'Age of the newest successful backup since its end; +Inf: never.',
    labels,
    age / 3600,
  )
  page.gauge(
    'genesis_backup_last_success_age_seconds',
    'Age of the newest successful backup; +Inf: never.',
    labels,
    age,
  )
  if (lastSuccessAt !== undefined)
    page.gauge(
      'genesis_backup_last_success_timestamp_seconds',
      'When the newest successful backup ended.',
      labels,
      moment.now / 1000 - age,
    )
  if (backups.succeeded + backups.failed > 0)
    page.gauge('genesis_backup_success', 'Outcome of the last backup: 1 or 0.', labels, backups.lastFailed ? 0 : 1)
  if (newest !== undefined) {
    page.gauge('genesis_backup_size_bytes', 'Size of the newest successful backup.', labels, newest.sizeBytes)
    const seconds = (newest.stoppedAt - newest.startedAt) / 1000
    if (seconds > 0)
      page.gauge(
        'genesis_backup_network_bytes_per_second',
        'Bytes a second (wall time) that the newest backup took over the network.',
        labels,
        newest.sizeBytes / seconds,
      )
    if (newest.verification !== 'unverified')
      page.gauge(
        'genesis_backup_verified',
        'What the last verification of the newest backup found: 1 intact, 0 damaged. Absent until one was done.',
        labels,
        newest.verification === 'intact' ? 1 : 0,
      )
  }
  if (archive !== undefined) {
    const { value } = archive
    page.counter('genesis_wal_archived_total', 'WAL segments archived.', labels, value.archived)
    page.counter('genesis_wal_archive_failed_total', 'Failed attempts to archive a WAL segment.', labels, value.failed)
    if (fresh(archive, moment))
      page.gauge('genesis_wal_archive_queue_size', 'WAL segments that wait to be archived.', labels, value.ready)
    if (value.lastArchivedAt !== undefined)
      page.gauge(
        'genesis_wal_archive_age_seconds',
        'Age of the newest archived WAL segment.',
        labels,
        dilated(moment.now - value.lastArchivedAt, moment),
      )
  }
  if (storage !== undefined && fresh(storage, { ...moment, staleMs: SLOW_STALE_MS }))
    for (const [volume, bytes] of [
      ['backups', storage.value.sets],
      ['archive', storage.value.archive],
    ] as const)
      page.gauge('genesis_storage_used_bytes', 'Bytes in use.', { ...labels, volume }, bytes)
}

/** Storage is weighed rarely. */
const SLOW_STALE_MS = 60_000

function replicationSamples(page: Page, { service, replication, type }: ServiceFacts, moment: Moment): void {
  if (replication === undefined || !fresh(replication, moment)) return
  const { upstream, lagSeconds, queueSize } = replication.value
  if (upstream === undefined) return
  const labels = { database: upstream, standby: service, type }
  page.gauge(
    'genesis_replication_lag_seconds',
    'Age of the oldest write of the primary that the standby does not show; 0 when it shows all.',
    labels,
    dilated(lagSeconds * 1000, moment),
  )
  page.gauge('genesis_replication_queue_size', 'Bytes that the standby has not applied yet.', labels, queueSize)
}

function recoverySamples(page: Page, { service, type, backups, promotions }: ServiceFacts, moment: Moment): void {
  const labels = { database: service, type }
  const families = [
    ['recovery', 'restores from a backup', backups?.restores],
    ['failover', 'promotions', promotions],
  ] as const
  for (const [name, words, attempts] of families) {
    if (attempts === undefined) continue
    const good = attempts.filter(({ succeeded }) => succeeded)
    const seconds = good.map(({ startedAt, endedAt }) => dilated(endedAt - startedAt, moment))
    const total = `All ${words}, by outcome.`
    page.counter(`genesis_${name}_total`, total, { ...labels, status: 'succeeded' }, good.length)
    page.counter(`genesis_${name}_total`, total, { ...labels, status: 'failed' }, attempts.length - good.length)
    page.histogram(`genesis_${name}_duration_seconds`, `Duration of successful ${words}.`, labels, seconds)
    if (name === 'recovery' && attempts.length > 0)
      page.gauge(
        'genesis_restore_success_rate',
        'Share of restores that succeeded.',
        labels,
        good.length / attempts.length,
      )
  }
  const last = [...(backups?.restores ?? []), ...promotions]
    .filter(({ succeeded }) => succeeded)
    .toSorted((a, b) => a.endedAt - b.endedAt)
    .at(-1)
  if (last !== undefined)
    page.gauge(
      'genesis_rto_minutes',
      'Minutes that the last successful restore or promotion took.',
      labels,
      dilated(last.endedAt - last.startedAt, moment) / 60,
    )
}

function healthSamples(page: Page, { service, type, health }: ServiceFacts, moment: Moment): void {
  const labels = { service, type }
  page.counter('genesis_health_checks_total', 'Health checks done.', labels, health.checks)
  page.counter('genesis_health_check_failures', 'Health checks that failed.', labels, health.failures)
  if (health.healthy !== undefined && fresh(health.healthy, moment))
    page.gauge(
      'genesis_service_healthy',
      'Outcome of the last health check: 1 or 0.',
      labels,
      health.healthy.value ? 1 : 0,
    )
}

/** What a disaster at this moment would lose: by the best standby, or by what the archive and the backups hold. */
function rpoSample(page: Page, database: ServiceFacts, { services }: Facts, { rpo }: Settings, moment: Moment): void {
  const seconds = rpo === 'standby' ? byStandbys(database.service, services, moment) : byArchive(database, moment)
  if (seconds === undefined) return
  page.gauge(
    'genesis_rpo_minutes',
    'Minutes of data that a disaster at this moment would lose.',
    { database: database.service, type: database.type },
    seconds / 60,
  )
}

function byStandbys(service: string, services: readonly ServiceFacts[], moment: Moment): number | undefined {
  const lags = services.flatMap(({ replication }) =>
    replication?.value.upstream === service && fresh(replication, moment) ? [replication.value.lagSeconds] : [],
  )
  return lags.length === 0 ? undefined : dilated(Math.min(...lags) * 1000, moment)
}

function byArchive({ backups, archive }: ServiceFacts, moment: Moment): number | undefined {
  if (backups === undefined) return undefined
  if (backups.lastSuccessAt === undefined) return Number.POSITIVE_INFINITY
  const newest = Math.max(backups.lastSuccessAt, archive?.value.lastArchivedAt ?? 0)
  return dilated(moment.now - newest, moment)
}

function readinessSamples(
  page: Page,
  facts: Facts,
  tests: readonly MetricFamily[],
  { limits, weights }: Settings,
  moment: Moment,
): void {
  const successes = tests.find(({ name }) => name === 'genesis_dr_test_last_success_timestamp')?.samples ?? []
  const lastTestSuccessAges = successes.map(({ value }) => moment.now / 1000 - value)
  const scores = componentScores(facts, { limits, lastTestSuccessAges, moment })
  for (const [component, weight] of Object.entries(weights) as [ComponentName, number][])
    if (weight > 0)
      page.gauge('genesis_dr_component_score', 'Readiness of one component, 0 to 1.', { component }, scores[component])
  page.gauge(
    'genesis_dr_readiness_score',
    'Weighted readiness for a disaster, 0 to 1.',
    {},
    readinessScore(scores, weights),
  )
}

/** Families of one page, made as their first sample comes. */
class Page {
  readonly #registry = new Registry()
  readonly #gauges = new Map<string, Gauge>()
  readonly #counters = new Map<string, Counter>()
  readonly #histograms = new Map<string, Histogram>()

  gauge(name: string, help: string, labels: Readonly<Record<string, string>>, value: number): void {
    const settings = { name, help, labelNames: Object.keys(labels), registers: [this.#registry] }
    const gauge = this.#gauges.get(name) ?? new Gauge(settings)
    this.#gauges.set(name, gauge)
    gauge.set({ ...labels }, value)
  }

  counter(name: string, help: string, labels: Readonly<Record<string, string>>, value: number): void {
    const settings = { name, help, labelNames: Object.keys(labels), registers: [this.#registry] }
    const counter = this.#counters.get(name) ?? new Counter(settings)
    this.#counters.set(name, counter)
    counter.inc({ ...labels }, value)
  }

  histogram(name: string, help: string, labels: Readonly<Record<string, string>>, values: readonly number[]): void {
    const settings = { name, help, labelNames: Object.keys(labels), buckets: DURATIONS, registers: [this.#registry] }
    const histogram = this.#histograms.get(name) ?? new Histogram(settings)
    this.#histograms.set(name, histogram)
    histogram.zero({ ...labels })
    for (const value of values) histogram.observe({ ...labels }, value)
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
