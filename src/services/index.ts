import { alertmanager } from './alertmanager.ts'
import { drMetrics } from './dr-metrics.ts'
import { endpoint } from './endpoint.ts'
import { inbox } from './inbox.ts'
import { postgres } from './postgres.ts'
import { postgresExporter } from './postgres-exporter.ts'
import { prometheus } from './prometheus.ts'
import { redis } from './redis.ts'
import { redisExporter } from './redis-exporter.ts'
import { series } from './series.ts'

export const services = {
  prometheus,
  alertmanager,
  inbox,
  postgres,
  redis,
  'postgres-exporter': postgresExporter,
  'redis-exporter': redisExporter,
  series,
  'dr-metrics': drMetrics,
  endpoint,
} as const
