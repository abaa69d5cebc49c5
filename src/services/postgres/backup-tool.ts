import type { Runtime, SeenPath } from '../../model/runtime.ts'
import type { ArchiveSite, Archiving } from './archiving.ts'
import type { PostgresSet } from './backup-set.ts'
import type { Member } from './member.ts'

/** One way of backing up: what the `backups` ability leaves to the program that does it. */
export interface BackupToolKind {
  /** Why it cannot do what an author wants of it. */
  refuses?(wanted: { readonly standbyOf: string | undefined; readonly archive: boolean }): string | undefined
  /** Throws EnvironmentError where its program is absent. */
  present?(runtime: Runtime): Promise<void>
  archiving(site: ArchiveSite): Archiving
  open(member: Member): BackupTool
}

export interface BackupTool {
  /** Holds all sets. */
  readonly directory: SeenPath
  /** Takes a full set as this role. Throws with the tool's own words. */
  take(job: { readonly role: string; readonly limitMs: number }): Promise<PostgresSet>
  /** Forgets all but the newest sets, and the WAL that only the others needed. Gives what is left. */
  retain(sets: readonly PostgresSet[], count: number): Promise<readonly PostgresSet[]>
  /** What is wrong with a set, in the tool's own words. */
  verify(set: PostgresSet): Promise<readonly string[]>
  /** argv that fills an empty directory with the data of a set and fails when they are not what was backed up. */
  copyOut(set: PostgresSet, directory: SeenPath): readonly string[]
  /** Where the data files of a set are. */
  dataOf(set: PostgresSet): SeenPath
}
