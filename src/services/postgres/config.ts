import { SEGMENT_BYTES } from './wal.ts'

export interface ConfigFacts {
  readonly service: string
  readonly bind: string
  readonly port: number
  readonly hbaFile: string
  /** Those of WAL archiving; undefined without. */
  readonly archiving: Readonly<Record<string, string>> | undefined
  readonly dataLimit: number | undefined
  /** The author's own, over everything else. */
  readonly settings: Readonly<Record<string, string | number | boolean>>
}

/** Anybody of the run's own network; there is nobody else on it. */
export const HBA = 'local all all trust\nhost all all all trust\nhost replication all all trust\n'

/**
 * postgresql.conf of a drill's database. Durability stays as in production (fsync, full_page_writes, synchronous_commit): switching it off
 * would make the measured data loss unlike production's.
 */
export function postgresConf(facts: ConfigFacts): string {
  const settings: Record<string, string | number | boolean> = {
    listen_addresses: facts.bind,
    port: facts.port,
    unix_socket_directories: '',
    hba_file: facts.hbaFile,
    cluster_name: facts.service,
    shared_buffers: '32MB',
    wal_level: 'replica',
    hot_standby: true,
    max_wal_senders: 10,
    max_replication_slots: 10,
    // Without it each killed server leaves a file in /dev/shm for ever.
    dynamic_shared_memory_type: 'mmap',
    wal_receiver_status_interval: '1s',
    wal_retrieve_retry_interval: '200ms',
    // pg_rewind needs it, or page checksums; both do no harm together.
    wal_log_hints: true,
    jit: false,
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(facts.archiving === undefined ? {} : { archive_mode: true, archive_timeout: '10s', ...facts.archiving }),
    ...(facts.dataLimit === undefined ? {} : smallWal(facts.dataLimit)),
    ...facts.settings,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${literal(value)}\n`)
    .join('')
}

/** A value as configuration files and `alter system` want it. */
export function literal(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return `'${String(value).replaceAll("'", "''")}'`
}

function smallWal(limit: number): Record<string, string> {
  const megabytes = Math.max(2, Math.floor(limit / 4 / SEGMENT_BYTES))
  return { max_wal_size: `${megabytes}MB`, min_wal_size: '2MB' }
}
