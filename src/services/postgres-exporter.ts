import { z } from 'zod'
import { serviceName } from '../model/fields.ts'
import type { ServiceKind } from '../model/kind.ts'
import { startExporter } from './exporter.ts'

const spec = z.strictObject({
  service: serviceName.describe('the Postgres (or endpoint) that it watches'),
  job: z.string().min(1).default('postgres'),
  database: z.string().min(1).default('postgres'),
})
type Spec = z.output<typeof spec>

export const postgresExporter: ServiceKind<Spec> = {
  summary: 'The Prometheus exporter for Postgres (pg_up, pg_stat_*, pg_settings_* ...).',
  spec,
  example: `kind: postgres-exporter
service: primary
`,
  abilities: () => ['lifecycle', 'freeze', 'logs', 'metrics', 'endpoint'],
  dependsOn: ({ service }) => [service],
  start({ service, job, database }, host) {
    const { place } = host
    const { host: name, port } = place.peer(service)
    return startExporter(host, {
      job,
      instance: `${service}:9187`,
      blueprint: {
        program: 'postgres-exporter',
        command: ['postgres_exporter', `--web.listen-address=${place.bind}:${place.port()}`],
        environment: {
          DATA_SOURCE_NAME: `postgresql://postgres@${name}:${port}/${encodeURIComponent(database)}?sslmode=disable&connect_timeout=1`,
        },
      },
    })
  },
}
