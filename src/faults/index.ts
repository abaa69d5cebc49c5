import { corruptBackup } from './backups/corrupt-backup.ts'
import { failedBackups } from './backups/failed-backups.ts'
import { missingWal } from './backups/missing-wal.ts'
import { staleBackups } from './backups/stale-backups.ts'
import { badUpdate } from './data/bad-update.ts'
import { diskFull } from './data/disk-full.ts'
import { dropTable } from './data/drop-table.ts'
import { latency } from './link/latency.ts'
import { partition } from './link/partition.ts'
import { throttle } from './link/throttle.ts'
import { connectionFlood } from './load/connection-flood.ts'
import { evictionStorm } from './load/eviction-storm.ts'
import { lowHitRate } from './load/low-hit-rate.ts'
import { memoryPressure } from './load/memory-pressure.ts'
import { slowQueries } from './load/slow-queries.ts'
import { play } from './play.ts'
import { exporterDown } from './process/exporter-down.ts'
import { kill } from './process/kill.ts'
import { pause } from './process/pause.ts'
import { stop } from './process/stop.ts'
import { replicationLag } from './replication-lag.ts'

/** What can be broken. The key is the YAML `kind:`. */
export const faults = {
  kill,
  stop,
  pause,
  partition,
  latency,
  throttle,
  'replication-lag': replicationLag,
  'stale-backups': staleBackups,
  'failed-backups': failedBackups,
  'corrupt-backup': corruptBackup,
  'missing-wal': missingWal,
  'drop-table': dropTable,
  'bad-update': badUpdate,
  'disk-full': diskFull,
  'connection-flood': connectionFlood,
  'slow-queries': slowQueries,
  'exporter-down': exporterDown,
  'eviction-storm': evictionStorm,
  'memory-pressure': memoryPressure,
  'low-hit-rate': lowHitRate,
  play,
} as const
