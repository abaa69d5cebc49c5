import type { Program } from '../model/runtime.ts'

export interface ImageNames {
  /** Pinned, from Docker Hub. */
  readonly official: string
  /** Built by `npm run images` from Debian packages, for sites without a registry. */
  readonly local: string
  /** Who runs it when a blueprint asks for the unprivileged user. */
  readonly user: string
}

export const images: Readonly<Record<Program, ImageNames>> = {
  prometheus: { official: 'prom/prometheus:v3.5.0', local: 'genesis-drill/prometheus:local', user: 'nobody' },
  alertmanager: { official: 'prom/alertmanager:v0.33.1', local: 'genesis-drill/alertmanager:local', user: 'nobody' },
  postgres: { official: 'postgres:18.1', local: 'genesis-drill/postgres:local', user: 'postgres' },
  redis: { official: 'redis:8.0.3', local: 'genesis-drill/redis:local', user: 'redis' },
  'postgres-exporter': {
    official: 'prometheuscommunity/postgres-exporter:v0.17.1',
    local: 'genesis-drill/postgres-exporter:local',
    user: 'nobody',
  },
  'redis-exporter': {
    // The plain tag holds nothing but the exporter, not even a shell to look around with.
    official: 'oliver006/redis_exporter:v1.69.0-alpine',
    local: 'genesis-drill/redis-exporter:local',
    user: 'nobody',
  },
}
