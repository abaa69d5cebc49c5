import type { BackupSet, Backups } from '../../src/model/abilities.ts'

/** Backups in memory. `sets` may be filled by hand. */
export class FakeBackups implements Backups {
  readonly sets: BackupSet[] = []
  readonly damaged = new Set<string>()
  readonly missingWal = new Set<string>()
  scheduled = true
  broken = false
  restored: Parameters<Backups['restore']>[0] | undefined
  #succeeded = 0
  #failed = 0

  async list(): Promise<readonly BackupSet[]> {
    return this.sets
  }

  async take(): Promise<BackupSet> {
    if (this.broken) {
      this.#failed += 1
      throw new Error('pg_basebackup: error: FATAL: role "nobody" does not exist')
    }
    this.#succeeded += 1
    const set: BackupSet = {
      id: `set-${this.sets.length + 1}`,
      type: 'full',
      startedAt: Date.now() - 1_000,
      stoppedAt: Date.now(),
      sizeBytes: 1_000,
      walStart: '000000010000000000000001',
      walStop: '000000010000000000000002',
      verification: 'unverified',
    }
    this.sets.push(set)
    return set
  }

  attempts() {
    return {
      succeeded: this.#succeeded,
      failed: this.#failed,
      lastFailure: this.#failed === 0 ? undefined : 'role "nobody" does not exist',
      durationsSeconds: [],
    }
  }

  async verify(id: string): Promise<BackupSet> {
    const set = this.sets.find(candidate => candidate.id === id)
    if (set === undefined) throw new Error(`no set ${id}`)
    if (!this.damaged.has(id)) return { ...set, verification: 'intact' }
    return { ...set, verification: 'damaged', verificationMessage: 'checksum mismatch for file "base/5/16396"' }
  }

  async stopSchedule(): Promise<void> {
    this.scheduled = false
  }

  async startSchedule(): Promise<void> {
    this.scheduled = true
  }

  async breakJob(): Promise<void> {
    this.broken = true
  }

  async mendJob(): Promise<void> {
    this.broken = false
  }

  async corrupt(id = this.sets.at(-1)?.id ?? 'none') {
    this.damaged.add(id)
    return { id, file: 'base/5/16396', undo: async () => void this.damaged.delete(id) }
  }

  async removeWal() {
    const segment = '000000010000000000000002'
    this.missingWal.add(segment)
    return { segment, undo: async () => void this.missingWal.delete(segment) }
  }

  async archive() {
    return { archived: 2, failed: 0, lastArchivedAt: Date.now(), ready: 0 }
  }

  async restore(options: Parameters<Backups['restore']>[0]) {
    this.restored = options
    const set = this.sets.find(({ id }) => options.set === undefined || id === options.set)
    if (set === undefined) throw new Error('there is no backup set')
    return { set, milliseconds: 900, evidence: [] }
  }
}
