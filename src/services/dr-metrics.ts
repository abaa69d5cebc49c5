import { z } from 'zod'
import { duration, serviceName } from '../model/fields.ts'
import type { ServiceKind } from '../model/kind.ts'
import { archivedTests } from './dr-metrics/archive.ts'
import { Collector } from './dr-metrics/collector.ts'
import { drMetricsPage, type Settings, wallMetrics } from './dr-metrics/page.ts'
import { type ComponentName, componentNames } from './dr-metrics/readiness.ts'
import { testsInDrillTime } from './dr-metrics/tests.ts'
import { fileName } from './file-name.ts'
import { MetricsServer } from './page.ts'

const weight = z.number().min(0)

const spec = z.strictObject({
  observes: z.array(serviceName).min(1).describe('the services whose backups, replication and health are measured'),
  job: z.string().min(1).default('genesis_dr'),
  every: duration.default(10).describe('drill time between two measurements'),
  verifyEvery: duration.default(300).describe('drill time between two verifications of the newest backup'),
  rpo: z
    .enum(['standby', 'archive'])
    .default('standby')
    .describe(
      'genesis_rpo_minutes by the best standby (databases without one have none), or by WAL archive and backups',
    ),
  components: z
    .strictObject({ backup: weight, replication: weight, health: weight, testing: weight })
    .partial()
    .optional()
    .describe(
      'weights of genesis_dr_readiness_score; default: backup 0.4, replication 0.4, health 0.2, without those that no observed service has. What has a weight and cannot be measured counts as not ready',
    ),
  limits: z
    .strictObject({
      backupAge: duration.default(14_400),
      replicationLag: duration.default(300),
      testAge: duration.default(32 * 86_400),
    })
    .prefault({})
    .describe('up to which a component is ready'),
  archive: fileName.optional().describe('directory of past runs (record.json), for the test metrics'),
})
type Spec = z.output<typeof spec>

/** Rounds missed until what was measured counts as unknown, and never less than this many milliseconds. */
const MISSED = 5
const STALE_MS = 1_500
const FASTEST_MS = 100
const VERIFY_FASTEST_MS = 1_000
const STORAGE_MS = 10_000

export const drMetrics: ServiceKind<Spec> = {
  summary:
    'Exports genesis_backup_*, genesis_replication_*, genesis_recovery_*, genesis_failover_*, readiness and test metrics from what really happens, in drill time.',
  spec,
  example: `kind: dr-metrics
observes: [primary, standby]
components: { backup: 0.4, replication: 0.4, health: 0.2 }
`,
  abilities: () => ['lifecycle', 'freeze', 'metrics', 'endpoint'],
  dependsOn: ({ observes }) => observes,
  drillMetric: (_, metric) => (metric.startsWith('genesis_') && !wallMetrics.includes(metric) ? 'measured' : undefined),

  async start({ observes, job, every, verifyEvery, rpo, components, limits, archive }, host) {
    const { clock, runtime, place } = host
    const { service } = place
    await using started = new AsyncDisposableStack()
    const observed = observes.map(name => ({ service: name, abilities: host.peer(name).abilities }))
    const wallMs = (drillSeconds: number, fastest: number) => Math.max(fastest, clock.wallMilliseconds(drillSeconds))
    const everyMs = wallMs(every, FASTEST_MS)
    const collector = started.use(
      new Collector(observed, { everyMs, verifyMs: wallMs(verifyEvery, VERIFY_FASTEST_MS), storageMs: STORAGE_MS }),
    )
    await collector.start()
    const tests = archive === undefined ? [] : await archivedTests(archive)
    const since = Date.now()
    const replicates = collector.facts().services.some(facts => facts.replicates)
    const applicable: Partial<Record<ComponentName, number>> = {
      ...(observed.some(({ abilities }) => abilities.backups !== undefined) ? { backup: 0.4 } : {}),
      ...(replicates ? { replication: 0.4 } : {}),
      health: 0.2,
    }
    const weights = Object.fromEntries(
      componentNames.map(name => [name, (components ?? applicable)[name] ?? 0]),
    ) as Settings['weights']
    const server = started.use(
      new MetricsServer(host, async path => {
        if (path !== '/metrics') return undefined
        const now = Date.now()
        const { timeScale } = clock
        return drMetricsPage(
          collector.facts(),
          testsInDrillTime(tests, { now, since, timeScale }),
          { limits, weights, rpo },
          { now, timeScale, staleMs: Math.max(STALE_MS, MISSED * everyMs) },
        )
      }),
    )
    await server.start()
    const stack = started.move()
    return {
      facts: [],
      abilities: {
        lifecycle: server,
        freeze: server,
        metrics: [{ ...server.target(job, service, '/metrics', 'drill'), exceptions: wallMetrics }],
        endpoint: {
          address: async () => (await runtime.link('clients', service)).address,
          target: () => service,
        },
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  },
}
