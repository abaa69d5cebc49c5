import type { BackupSet, RecoveryTarget } from '../../model/abilities.ts'
import { literal } from './config.ts'
import { type ArchiveContent, isOnChain, missingSegments, segmentName, segmentOf } from './wal.ts'

/** A set with what a restore needs to know of it. */
export interface PostgresSet extends BackupSet {
  readonly timeline: number
  readonly startLsn: string
  readonly stopLsn: string
}

type Range = Pick<PostgresSet, 'timeline' | 'startLsn' | 'stopLsn'>
/** What the job saw. */
type Seen = Pick<BackupSet, 'startedAt' | 'stoppedAt' | 'sizeBytes'>

/** By the WAL-Ranges of a backup manifest. */
export function describeSet(id: string, manifest: string, seen: Seen): PostgresSet {
  const range = /"Timeline":\s*(\d+),\s*"Start-LSN":\s*"([^"]+)",\s*"End-LSN":\s*"([^"]+)"/.exec(manifest)
  if (range === null) throw new Error(`backup ${id}: its manifest names no WAL range`)
  return postgresSet(id, { timeline: Number(range[1]), startLsn: range[2] ?? '', stopLsn: range[3] ?? '' }, seen)
}

/** A fresh full set. */
export function postgresSet(id: string, range: Range, seen: Seen): PostgresSet {
  const { timeline, startLsn, stopLsn } = range
  return {
    id,
    type: 'full',
    ...seen,
    ...range,
    walStart: segmentName({ timeline, number: segmentOf(startLsn) }),
    walStop: segmentName({ timeline, number: segmentOf(stopLsn) }),
    verification: 'unverified',
  }
}

/** The newest instant at which a set must be complete to serve a target. */
function latestStop({ to }: RecoveryTarget): number {
  if (to === 'end') return Number.POSITIVE_INFINITY
  return 'time' in to ? to.time : to.began
}

/** The set to restore: the named one, else the newest that ended before the target. Throws why none will do. */
export function chooseSet(
  sets: readonly PostgresSet[],
  wanted: { readonly set?: string | undefined } & RecoveryTarget,
  archive: ArchiveContent | undefined,
): PostgresSet {
  const stop = latestStop(wanted)
  const about = describeTarget(wanted)
  const list = sets.map(({ id, stoppedAt }) => `${id} (ended ${iso(stoppedAt)})`).join(', ') || 'none'
  if (wanted.set !== undefined) {
    const named = sets.find(({ id }) => id === wanted.set)
    if (named === undefined) throw new Error(`there is no backup set ${wanted.set}; there are: ${list}`)
    if (named.stoppedAt > stop)
      throw new Error(`backup set ${named.id} ended at ${iso(named.stoppedAt)}, too late to recover ${about}`)
    return named
  }
  const early = sets.filter(({ stoppedAt }) => stoppedAt <= stop)
  const usable = early.filter(({ timeline, stopLsn }) => archive === undefined || isOnChain(archive, timeline, stopLsn))
  const newest = usable.at(-1)
  if (newest !== undefined) return newest
  if (sets.length === 0) throw new Error(`there is no backup set to recover ${about} from`)
  if (early.length === 0) throw new Error(`no backup set ended early enough to recover ${about}; there are: ${list}`)
  throw new Error(`no backup set belongs to the history that leads ${about}; there are: ${list}`)
}

export function describeTarget({ to }: RecoveryTarget): string {
  if (to === 'end') return 'to the end of the archive'
  if ('time' in to) return `to ${iso(to.time)}`
  return `to just before transaction ${to.beforeXid}, the mistake that began at ${iso(to.began)}`
}

/** Why the archive cannot lead from the set to the target; undefined when it can, as far as can be told beforehand. */
export function holeInTheWay(set: PostgresSet, target: RecoveryTarget, archive: ArchiveContent): string | undefined {
  const before = target.to === 'end' ? undefined : latestStop(target)
  const missing = missingSegments(archive, set.walStart, { before, through: set.walStop })
  if (missing.length === 0) return undefined
  const more = missing.length > 5 ? ` and ${missing.length - 5} more` : ''
  return (
    `the WAL archive has a hole between backup set ${set.id} and the target: ${missing.slice(0, 5).join(', ')}${more} missing; ` +
    'Postgres would take it for the end and lose what comes after without a word'
  )
}

/** The settings of a recovery, in the order of Postgres's documentation. */
export function recoverySettings(target: RecoveryTarget, restoreCommand: string | undefined): string[] {
  const { to } = target
  return [
    ...(restoreCommand === undefined ? [] : [`restore_command = ${literal(restoreCommand)}`]),
    ...(to === 'end'
      ? []
      : 'time' in to
        ? [`recovery_target_time = '${iso(to.time).replace('T', ' ').replace('Z', '+00')}'`]
        : []),
    ...(to !== 'end' && 'beforeXid' in to
      ? [`recovery_target_xid = '${to.beforeXid}'`, 'recovery_target_inclusive = off']
      : []),
    ...(to === 'end' ? [] : ["recovery_target_action = 'promote'"]),
  ]
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
