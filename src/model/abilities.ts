import type { Evidence } from './finding.ts'
import type { Labels } from './timeline.ts'

/** Where something listens. `host` is a name or an IP address. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** The main process of a service, by whatever means its runtime has. All are safe to call twice. */
export interface Lifecycle {
  running(): Promise<boolean>
  /** SIGKILL to the whole process tree. */
  kill(): Promise<void>
  /** A polite stop; killed when it takes too long. */
  stop(): Promise<void>
  /** Starts it again on the same address and data, and waits until it is ready. Throws EnvironmentError with its last log lines. */
  start(): Promise<void>
}

export interface Freeze {
  pause(): Promise<void>
  resume(): Promise<void>
}

export interface Logs {
  /** The last lines that it wrote. */
  tail(lines: number): Promise<string>
}

/** The way of a service's traffic from one peer (or from `clients`, the probes) to it: a proxy of the run's own. */
export interface Link {
  readonly from: string
  readonly to: string
  /** Open connections hang, new ones are refused or hang; `drop` swallows bytes silently, `refuse` resets. */
  cut(how: 'drop' | 'refuse'): Promise<void>
  /** Delays each direction by `milliseconds` (wall). */
  delay(milliseconds: number): Promise<void>
  /** Lets at most this many bytes a second through. */
  throttle(bytesPerSecond: number): Promise<void>
  /** As before any of these. */
  heal(): Promise<void>
}

/** A row as pg gives it. */
export type Row = Readonly<Record<string, unknown>>

export interface SqlConnection extends AsyncDisposable {
  query(text: string, parameters?: readonly unknown[]): Promise<readonly Row[]>
  /** Which server answers: differs between primary and standby and after a restore or a promotion (system id, timeline, start time, service). */
  identity(): Promise<string>
}

export interface Sql {
  /** One connection of its own, through the link `from` (default `clients`). Every query is limited by `timeoutMs`. Throws when nobody answers. */
  connect(options?: { from?: string; timeoutMs?: number; database?: string }): Promise<SqlConnection>
  /** One query on a connection kept for the harness itself, which no link fault touches. */
  query(text: string, parameters?: readonly unknown[]): Promise<readonly Row[]>
}

/** What one half of a Postgres or Redis pair lets others do. */
export interface Replication {
  /** The service that this one follows at present; undefined when it is a primary. */
  upstream(): Promise<string | undefined>
  /** Wall seconds that the newest data visible here is behind the primary (heartbeat based, 0 on a primary). */
  lagSeconds(): Promise<number>
  /** Bytes (Postgres) or offset (Redis) not yet applied here. */
  queueSize(): Promise<number>
  /** Stops applying what arrives; the service keeps answering. */
  pauseApply(): Promise<void>
  resumeApply(): Promise<void>
  /** Makes this one a primary that takes writes. Throws with the last seen state. Gives wall milliseconds of the promotion itself. */
  promote(): Promise<{ milliseconds: number }>
  /** After this it cannot take writes again, not even after a restart, until it is rebuilt. */
  fence(): Promise<void>
  /** Makes this one follow `primary`, by rewind when it can, else by a fresh copy. */
  rebuild(primary: string): Promise<{ method: string; milliseconds: number }>
  /** Promotions so far, for whoever counts failovers; instants are wall milliseconds since the epoch. */
  promotions?(): readonly Attempt[]
}

/** One try of a recovery, kept for the metrics; instants are wall milliseconds since the epoch. */
export interface Attempt {
  readonly startedAt: number
  readonly endedAt: number
  readonly succeeded: boolean
}

/** One backup set. Instants are wall milliseconds since the epoch. */
export interface BackupSet {
  readonly id: string
  readonly type: 'full' | 'incremental' | 'differential'
  readonly startedAt: number
  readonly stoppedAt: number
  readonly sizeBytes: number
  readonly walStart: string
  readonly walStop: string
  readonly verification: 'unverified' | 'intact' | 'damaged'
  readonly verificationMessage?: string
}

export interface RecoveryTarget {
  /** `end` of the archive, `time` (wall milliseconds since the epoch) or just before the transaction `xid`, whose mistake began at `began`. */
  readonly to: 'end' | { readonly time: number } | { readonly beforeXid: string; readonly began: number }
}

export interface Backups {
  /** Oldest first. */
  list(): Promise<readonly BackupSet[]>
  /** Takes one now. Throws when it fails; the failure is counted in `attempts`. */
  take(): Promise<BackupSet>
  /** Attempts so far, by outcome, and the last failure's text. */
  attempts(): {
    succeeded: number
    failed: number
    lastFailure: string | undefined
    durationsSeconds: readonly number[]
  }
  verify(id: string): Promise<BackupSet>
  /** The schedule: `every` wall milliseconds. */
  stopSchedule(): Promise<void>
  startSchedule(): Promise<void>
  /** While broken, each attempt runs and fails for real. */
  breakJob(): Promise<void>
  mendJob(): Promise<void>
  /** Flips bytes in the data files of a set (default the newest). Gives what was flipped. `undo` puts them back. */
  corrupt(id?: string): Promise<{ id: string; file: string; undo(): Promise<void> }>
  /** Takes one archived WAL segment that a restore of the newest set would need out of the archive. */
  removeWal(): Promise<{ segment: string; undo(): Promise<void> }>
  /** WAL archiving as the server counts it. */
  archive(): Promise<{ archived: number; failed: number; lastArchivedAt: number | undefined; ready: number }>
  /**
   * Replaces the service by a fresh instance restored from a set. Stops the old instance if it runs; its data are kept aside.
   * Throws with Postgres's own words when the set cannot be restored or the target not be reached.
   */
  restore(
    options: { set?: string } & RecoveryTarget,
  ): Promise<{ set: BackupSet; milliseconds: number; evidence: readonly Evidence[] }>
  /** Restores so far. */
  restores?(): readonly Attempt[]
  /** Bytes that the backup sets and the WAL archive take at present. */
  usedBytes?(): Promise<{ readonly sets: number; readonly archive: number }>
}

/** A volume of limited size of the run's own. */
export interface Storage {
  /** `data` or `archive`. Fills it to the last byte; refused when the volume has no limit of its own. */
  fill(volume: 'data' | 'archive'): Promise<void>
  release(volume: 'data' | 'archive'): Promise<void>
  volumes(): readonly ('data' | 'archive')[]
}

export interface RedisConnection extends AsyncDisposable {
  command(...words: readonly string[]): Promise<unknown>
  /** run_id and role-independent name of the server that answers. */
  identity(): Promise<string>
}

export interface Redis {
  connect(options?: { from?: string; timeoutMs?: number }): Promise<RedisConnection>
  /** One command of the harness itself, past all links. */
  command(...words: readonly string[]): Promise<unknown>
}

/** Something that Prometheus scrapes. A service may offer several. */
export interface MetricsTarget {
  readonly job: string
  /** The address that Prometheus is given (a link, so it never changes). */
  readonly target: Address
  readonly instance: string
  readonly path: string
  /** Whether what it exports lives in drill time (played or dilated by the harness) or in wall time. */
  readonly world: 'drill' | 'wall'
  /** Metric names of the other world than `world`, when it exports both. */
  readonly exceptions?: readonly string[]
}

/** Has an address that clients use. */
export interface Endpoint {
  /** For the harness, through the link `clients`. */
  address(): Promise<Address>
  /** Which service takes the traffic now. */
  target(): string
  /** Sends new connections to another service and closes the old ones. Only of the kind `endpoint`. */
  repoint?(service: string): Promise<void>
}

/** What the harness's own receiver got: one rendered notification of one integration. */
export interface Arrival {
  /** Wall milliseconds since the epoch and `performance.now()` of the first byte of the request. */
  readonly wall: number
  readonly monotonic: number
  readonly receiver: string
  /** `webhook`, `slack`, `pagerduty`, `email` ... */
  readonly integration: string
  readonly index: number
  readonly status: 'firing' | 'resolved'
  /**
   * Webhooks carry them whole. Of the other integrations' payloads only what the default templates print can be read back;
   * empty when a custom template left nothing to read.
   */
  readonly alerts: readonly { readonly labels: Labels; readonly status: 'firing' | 'resolved' }[]
  readonly groupLabels: Labels
  readonly groupKey?: string
  /** What arrived, secrets removed. */
  readonly payload: unknown
}

/** The receiver side: takes what Alertmanager sends to anybody and keeps it. */
export interface Inbox {
  /** As Alertmanager sees it; integrations append `/<integration form>/<receiver>/<integration>/<index>`. */
  readonly httpUrl: string
  readonly smtp: Address
  /** Oldest first. */
  arrivals(): readonly Arrival[]
  /** Called at each arrival until the returned function is. */
  onArrival(listener: (arrival: Arrival) => void): () => void
  clear(): void
}

/** The configuration of a running engine. */
export interface Configuration {
  /** Replaces these files (by name, others stay) and reloads. Throws with the engine's own words when it refuses. */
  replace(files: Readonly<Record<string, string>>): Promise<void>
}

/** A played series source, in drill time. */
export interface Playback {
  /** Starts playing from the first value at this call. Before it the first value is shown. */
  play(): Promise<void>
  reset(): Promise<void>
}

export interface Abilities {
  readonly lifecycle: Lifecycle
  readonly freeze: Freeze
  readonly logs: Logs
  readonly sql: Sql
  readonly replication: Replication
  readonly backups: Backups
  readonly storage: Storage
  readonly redis: Redis
  readonly metrics: readonly MetricsTarget[]
  readonly endpoint: Endpoint
  readonly playback: Playback
  readonly inbox: Inbox
  readonly configuration: Configuration
}

export type AbilityName = keyof Abilities
