import { z } from 'zod'
import { serviceName } from '../model/fields.ts'
import type { ServiceKind } from '../model/kind.ts'
import { startExporter } from './exporter.ts'

const spec = z.strictObject({
  service: serviceName.describe('the Redis (or endpoint) that it watches'),
  job: z.string().min(1).default('redis'),
})
type Spec = z.output<typeof spec>

export const redisExporter: ServiceKind<Spec> = {
  summary: 'The Prometheus exporter for Redis (redis_up, redis_memory_*, redis_keyspace_* ...).',
  spec,
  example: `kind: redis-exporter
service: cache
`,
  abilities: () => ['lifecycle', 'freeze', 'logs', 'metrics', 'endpoint'],
  dependsOn: ({ service }) => [service],
  start({ service, job }, host) {
    const { place } = host
    const { host: name, port } = place.peer(service)
    return startExporter(host, {
      job,
      instance: `${service}:9121`,
      blueprint: {
        program: 'redis-exporter',
        command: [
          'redis_exporter',
          '-web.listen-address',
          `${place.bind}:${place.port()}`,
          '-redis.addr',
          `redis://${name}:${port}`,
          // Its default of 15 s would hold a scrape longer than Prometheus waits.
          '-connection-timeout',
          '1s',
        ],
      },
    })
  },
}
