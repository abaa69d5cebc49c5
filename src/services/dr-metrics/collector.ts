import type { Abilities, BackupSet } from '../../model/abilities.ts'
import type { ArchiveFacts, Facts, Measured, ReplicationFacts, ServiceFacts, StorageFacts } from './facts.ts'

/** A service as it is observed. */
export interface Observed {
  readonly service: string
  readonly abilities: Partial<Abilities>
}

export interface Cadence {
  /** Wall milliseconds between two rounds. */
  readonly everyMs: number
  readonly verifyMs: number
  readonly storageMs: number
}

/** Measures the observed services round by round, each service for itself, so that one that hangs does not hide the others. */
export class Collector implements AsyncDisposable {
  readonly #watches: readonly Watch[]
  readonly #everyMs: number
  #roundAt: number | undefined
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(observed: readonly Observed[], cadence: Cadence) {
    this.#watches = observed.map(each => new Watch(each, cadence))
    this.#everyMs = cadence.everyMs
  }

  /** Waits for one whole round first. */
  async start(): Promise<void> {
    await Promise.all(this.#watches.map(watch => watch.round()))
    this.#roundAt = Date.now()
    this.#again()
  }

  facts(): Facts {
    return { services: this.#watches.map(watch => watch.facts()), roundAt: this.#roundAt }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#round
    await Promise.all(this.#watches.map(watch => watch.settled()))
  }

  #again(): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => {
      // A watch that is still busy is left alone: its facts grow old, and the page says so.
      for (const watch of this.#watches) watch.begin()
      this.#roundAt = Date.now()
      this.#again()
    }, this.#everyMs)
    this.#timer.unref()
  }
}

class Watch {
  readonly #observed: Observed
  readonly #cadence: Cadence
  #checks = 0
  #failures = 0
  #healthy: Measured<boolean>
  #replication: Measured<ReplicationFacts>
  #replicates = false
  #archive: Measured<ArchiveFacts>
  #storage: Measured<StorageFacts>
  #dataBytes: Measured<number>
  #sets: readonly BackupSet[] = []
  #lastSuccessAt: number | undefined
  #lastFailed = false
  #counted = { succeeded: 0, failed: 0 }
  #running: Promise<void> | undefined
  #slow: Promise<void> | undefined
  #verifiedAt = 0
  #weighedAt = 0

  constructor(observed: Observed, cadence: Cadence) {
    this.#observed = observed
    this.#cadence = cadence
  }

  begin(): void {
    this.#running ??= this.round().finally(() => {
      this.#running = undefined
    })
    this.#slow ??= this.#slowRound().finally(() => {
      this.#slow = undefined
    })
  }

  async settled(): Promise<void> {
    await Promise.all([this.#running, this.#slow])
  }

  async round(): Promise<void> {
    await Promise.all([this.#checkHealth(), this.#readReplication(), this.#readBackups(), this.#readArchive()])
  }

  facts(): ServiceFacts {
    const { service, abilities } = this.#observed
    const { backups, replication } = abilities
    return {
      service,
      type: abilities.sql !== undefined ? 'postgres' : abilities.redis !== undefined ? 'redis' : 'other',
      health: { checks: this.#checks, failures: this.#failures, healthy: this.#healthy },
      replicates: this.#replicates,
      promotions: replication?.promotions?.() ?? [],
      ...(replication === undefined ? {} : { replication: this.#replication }),
      ...(this.#dataBytes === undefined ? {} : { dataBytes: this.#dataBytes }),
      ...(backups === undefined
        ? {}
        : {
            archive: this.#archive,
            storage: this.#storage,
            backups: {
              ...this.#counted,
              lastFailed: this.#lastFailed,
              durationsSeconds: backups.attempts().durationsSeconds,
              newest: this.#sets.at(-1),
              lastSuccessAt: this.#lastSuccessAt,
              restores: backups.restores?.() ?? [],
            },
          }),
    }
  }

  async #checkHealth(): Promise<void> {
    const { sql, redis, lifecycle } = this.#observed.abilities
    const check = async (): Promise<boolean> => {
      if (sql !== undefined) return (await sql.query('select 1')).length === 1
      if (redis !== undefined) return (await redis.command('PING')) === 'PONG'
      return (await lifecycle?.running()) ?? false
    }
    const healthy = await check().catch(() => false)
    this.#checks += 1
    if (!healthy) this.#failures += 1
    this.#healthy = { value: healthy, at: Date.now() }
  }

  async #readReplication(): Promise<void> {
    const { replication } = this.#observed.abilities
    if (replication === undefined) return
    await quietly(async () => {
      const upstream = await replication.upstream()
      if (upstream !== undefined) this.#replicates = true
      const [lagSeconds, queueSize] = await Promise.all([replication.lagSeconds(), replication.queueSize()])
      this.#replication = { at: Date.now(), value: { upstream, lagSeconds, queueSize } }
    })
  }

  async #readBackups(): Promise<void> {
    const { backups } = this.#observed.abilities
    if (backups === undefined) return
    await quietly(async () => {
      const { succeeded, failed } = backups.attempts()
      this.#sets = await backups.list()
      const newest = this.#sets.at(-1)?.stoppedAt
      if (newest !== undefined) this.#lastSuccessAt = newest
      if (failed > this.#counted.failed) this.#lastFailed = true
      if (succeeded > this.#counted.succeeded) this.#lastFailed = false
      this.#counted = { succeeded, failed }
    })
  }

  async #readArchive(): Promise<void> {
    const { backups } = this.#observed.abilities
    if (backups === undefined) return
    await quietly(async () => {
      this.#archive = { value: await backups.archive(), at: Date.now() }
    })
  }

  /** What takes too long for every round. */
  async #slowRound(): Promise<void> {
    const { backups, sql } = this.#observed.abilities
    if (backups !== undefined && Date.now() - this.#verifiedAt >= this.#cadence.verifyMs) {
      await quietly(async () => {
        const newest = (await backups.list()).at(-1)
        if (newest !== undefined) await backups.verify(newest.id)
      })
      this.#verifiedAt = Date.now()
    }
    if (Date.now() - this.#weighedAt < this.#cadence.storageMs) return
    this.#weighedAt = Date.now()
    await quietly(async () => {
      const used = await backups?.usedBytes?.()
      if (used !== undefined) this.#storage = { value: used, at: Date.now() }
    })
    await quietly(async () => {
      const [row] = (await sql?.query('select sum(pg_database_size(oid))::float8 as bytes from pg_database')) ?? []
      if (row !== undefined) this.#dataBytes = { value: Number(row['bytes']), at: Date.now() }
    })
  }
}

/** What cannot be measured keeps the instant of its last measurement; the page decides what that is worth. */
async function quietly(measure: () => Promise<void>): Promise<void> {
  await measure().catch(() => {})
}
