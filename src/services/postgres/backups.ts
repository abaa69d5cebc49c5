import type { Attempt, BackupSet, Backups } from '../../model/abilities.ts'
import { EnvironmentError, messageOf } from '../../model/errors.ts'
import { archiverCounts, readArchive } from './archive.ts'
import type { PostgresSet } from './backup-set.ts'
import type { BackupTool } from './backup-tool.ts'
import type { Member } from './member.ts'
import { restoreSet } from './restore.ts'
import { missingSegments } from './wal.ts'

export interface BackupPlan {
  /** Wall milliseconds. */
  readonly everyMs: number
  readonly retain: number
  readonly limitMs: number
}

/** A role that no database of ours has: what a job sees whose password was changed. */
const LOST_ROLE = 'backup_role_that_was_revoked'

/** Base backups by a tool on a schedule, beside continuous archiving. One job runs at a time. */
export class PostgresBackups implements Backups, AsyncDisposable {
  readonly #member: Member
  readonly #tool: BackupTool
  readonly #plan: BackupPlan
  #sets: readonly PostgresSet[] = []
  #durations: number[] = []
  #succeeded = 0
  #failed = 0
  #lastFailure: string | undefined
  #broken = false
  #timer: NodeJS.Timeout | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #ready: Promise<unknown> | undefined
  readonly #restores: Attempt[] = []
  /** Rises with each look at a set and each change of it. */
  readonly #states = new Map<string, number>()

  constructor(member: Member, tool: BackupTool, plan: BackupPlan) {
    this.#member = member
    this.#tool = tool
    this.#plan = plan
  }

  async list(): Promise<readonly BackupSet[]> {
    return this.#sets
  }

  take(): Promise<BackupSet> {
    return this.#inTurn(() => this.#take())
  }

  attempts() {
    return {
      succeeded: this.#succeeded,
      failed: this.#failed,
      lastFailure: this.#lastFailure,
      durationsSeconds: this.#durations,
    }
  }

  /** Only reads, so it holds up neither a job nor a restore. */
  async verify(id: string): Promise<BackupSet> {
    const set = this.#set(id)
    const state = this.#touch(id)
    const [said, archive] = await Promise.all([this.#tool.verify(set), readArchive(this.#member)])
    const missing = archive === undefined ? [] : missingSegments(archive, set.walStart, { through: set.walStop })
    const damage =
      missing.length === 0 ? said : [`missing in the WAL archive: ${missing.slice(0, 10).join(', ')}`, ...said]
    const verified: PostgresSet =
      damage.length === 0
        ? { ...withoutMessage(set), verification: 'intact' }
        : { ...set, verification: 'damaged', verificationMessage: damage.join('\n') }
    // What was found out about an earlier state of the set is not kept.
    if (this.#states.get(id) === state) this.#note(verified)
    return verified
  }

  async startSchedule(): Promise<void> {
    if (this.#timer !== undefined) return
    const again = () => {
      this.#timer = setTimeout(async () => {
        await this.take().catch(() => {})
        if (this.#timer !== undefined) again()
      }, this.#plan.everyMs)
      this.#timer.unref()
    }
    again()
  }

  /** A job that runs already is let through. */
  async stopSchedule(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#turn
  }

  async breakJob(): Promise<void> {
    this.#broken = true
  }

  async mendJob(): Promise<void> {
    this.#broken = false
  }

  corrupt(id?: string): Promise<{ id: string; file: string; undo(): Promise<void> }> {
    return this.#inTurn(async () => {
      const set = this.#set(id)
      const directory = this.#tool.dataOf(set)
      const [file = '', bytes = ''] = (
        await this.#member.shell(
          `file=$(cd "$1" && find base -type f -name '[0-9]*' -size +15k -printf '%s %p\\n' | sort -rn | head -1 | cut -d' ' -f2-)
          [ -n "$file" ] || { echo "no data file to damage in $1" >&2; exit 1; }
          echo "$file"; od -An -v -tu1 -j 4096 -N 16 "$1/$file" | tr -d '\\n'`,
          [directory],
        )
      ).split('\n')
      const original = bytes.trim().split(/\s+/).map(Number)
      const write = (values: readonly number[]) =>
        this.#member.shell(`[ ! -e "$1" ] || printf "$2" | dd of="$1" bs=1 seek=4096 conv=notrunc status=none`, [
          `${directory}/${file}`,
          values.map(value => `\\${value.toString(8).padStart(3, '0')}`).join(''),
        ])
      await write(original.map(value => value ^ 0xff))
      this.#touch(set.id)
      this.#note({ ...set, verification: 'unverified' })
      return {
        id: set.id,
        file,
        undo: () =>
          this.#inTurn(async () => {
            await write(original)
            this.#touch(set.id)
            const still = this.#sets.find(kept => kept.id === set.id)
            if (still !== undefined) this.#note(withoutMessage(still))
          }),
      }
    })
  }

  removeWal(): Promise<{ segment: string; undo(): Promise<void> }> {
    return this.#inTurn(async () => {
      const member = this.#member
      const set = this.#set(undefined)
      const archive = await readArchive(member)
      if (archive === undefined) throw new Error(`${member.service} archives no WAL`)
      // The worst hole: the set itself can be restored, and all that came after is lost without a word.
      const after = archive.segments.filter(({ name }) => name.slice(8) > set.walStop.slice(8))
      const found = after.length > 1 ? after[0] : archive.segments.find(({ name }) => name === set.walStop)
      if (found === undefined) throw new Error(`the WAL archive of ${member.service} has lost ${set.walStop} already`)
      const file = `${member.archive}/${found.file}`
      const away = `${member.backups}/removed-wal/${found.name}`
      await member.shell('mkdir -p "$(dirname "$2")" && mv "$1" "$2"', [file, away])
      return {
        segment: found.name,
        undo: () =>
          this.#inTurn(async () => {
            await member.shell('[ ! -e "$2" ] || mv "$2" "$1"', [file, away])
          }),
      }
    })
  }

  archive() {
    return archiverCounts(this.#member)
  }

  restore(options: Parameters<Backups['restore']>[0]): ReturnType<Backups['restore']> {
    return this.#inTurn(async () => {
      const [started, startedAt] = [performance.now(), Date.now()]
      try {
        const restored = await restoreSet(this.#member, this.#tool, this.#sets, options)
        this.#restores.push({ startedAt, endedAt: Date.now(), succeeded: true })
        return { ...restored, milliseconds: performance.now() - started }
      } catch (error) {
        this.#restores.push({ startedAt, endedAt: Date.now(), succeeded: false })
        throw error
      }
    })
  }

  restores(): readonly Attempt[] {
    return this.#restores
  }

  async usedBytes(): Promise<{ sets: number; archive: number }> {
    const listing = await this.#member.shell(
      'for directory in "$@"; do if [ -d "$directory" ]; then du -sb "$directory" | cut -f1; else echo 0; fi; done',
      [this.#tool.directory, this.#member.archive ?? ''],
    )
    const [sets = 0, kept = 0] = listing.split('\n').map(Number)
    return { sets, archive: kept }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#turn
  }

  async #take(): Promise<BackupSet> {
    const began = performance.now()
    try {
      const role = this.#broken ? LOST_ROLE : 'postgres'
      // What comes after the first one, a restore above all, runs beside the server and is timed: its place is made ready by now.
      this.#ready ??= this.#member.attempt('exit 0').catch(() => {})
      const set = await this.#tool.take({ role, limitMs: this.#plan.limitMs }).finally(() => this.#ready)
      this.#succeeded += 1
      this.#durations.push((performance.now() - began) / 1000)
      this.#sets = await this.#tool.retain([...this.#sets, set], this.#plan.retain)
      return set
    } catch (error) {
      this.#failed += 1
      this.#lastFailure = messageOf(error)
      throw new EnvironmentError(`the backup of ${this.#member.service} failed: ${this.#lastFailure}`, { cause: error })
    }
  }

  #touch(id: string): number {
    const state = (this.#states.get(id) ?? 0) + 1
    this.#states.set(id, state)
    return state
  }

  #set(id: string | undefined): PostgresSet {
    const set = id === undefined ? this.#sets.at(-1) : this.#sets.find(candidate => candidate.id === id)
    if (set !== undefined) return set
    const known = this.#sets.map(({ id }) => id).join(', ') || 'none'
    throw new Error(`${this.#member.service} has no backup set${id === undefined ? '' : ` ${id}`}; it has: ${known}`)
  }

  #note(set: PostgresSet): void {
    this.#sets = this.#sets.map(kept => (kept.id === set.id ? set : kept))
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work, work)
    this.#turn = next.catch(() => {})
    return next
  }
}

function withoutMessage({ verificationMessage: _, ...set }: PostgresSet): PostgresSet {
  return { ...set, verification: 'unverified' }
}
