import type { Attempt, BackupSet } from '../../model/abilities.ts'

/** Something measured, and when that last worked (wall milliseconds); undefined when it never did. */
export type Measured<T> = { readonly value: T; readonly at: number } | undefined

interface BackupFacts {
  readonly succeeded: number
  readonly failed: number
  readonly lastFailed: boolean
  readonly durationsSeconds: readonly number[]
  readonly newest: BackupSet | undefined
  /** When the newest successful backup ended, also when retention has removed it since. */
  readonly lastSuccessAt: number | undefined
  readonly restores: readonly Attempt[]
}

export interface ArchiveFacts {
  readonly archived: number
  readonly failed: number
  readonly ready: number
  readonly lastArchivedAt: number | undefined
}

export interface ReplicationFacts {
  /** Undefined for a primary. */
  readonly upstream: string | undefined
  readonly lagSeconds: number
  readonly queueSize: number
}

export interface StorageFacts {
  readonly sets: number
  readonly archive: number
}

/** What is known of one observed service. A group is absent when the service has no such thing. */
export interface ServiceFacts {
  readonly service: string
  readonly type: 'postgres' | 'redis' | 'other'
  readonly health: { readonly checks: number; readonly failures: number; readonly healthy: Measured<boolean> }
  readonly backups?: BackupFacts
  readonly archive?: Measured<ArchiveFacts>
  readonly storage?: Measured<StorageFacts>
  readonly dataBytes?: Measured<number>
  readonly replication?: Measured<ReplicationFacts>
  /** Whether it followed somebody when the drill began: replication is then expected of it. */
  readonly replicates: boolean
  readonly promotions: readonly Attempt[]
}

export interface Facts {
  readonly services: readonly ServiceFacts[]
  /** When the collector last finished a round. */
  readonly roundAt: number | undefined
}
