import type { BackupSet, Backups } from '../../model/abilities.ts'
import type { DrillClock } from '../../model/clock.ts'
import { readableDuration } from '../../model/duration.ts'
import type { Evidence } from '../../model/finding.ts'

/** What the newest backup set is at this moment; its age in drill time, as rules mean it. */
export async function newestBackup(backups: Backups, clock: DrillClock, title: string): Promise<Evidence> {
  const newest = (await backups.list()).at(-1)
  if (newest === undefined) return { kind: 'text', title, text: 'there is no backup set' }
  return { kind: 'values', title, values: { newest: newest.id, age: ageOf(newest, clock) } }
}

function ageOf({ stoppedAt }: BackupSet, clock: DrillClock): string {
  const wallSeconds = (clock.wallTime(clock.now()) - stoppedAt) / 1000
  return `${readableDuration(wallSeconds * clock.timeScale)} (drill time)`
}
