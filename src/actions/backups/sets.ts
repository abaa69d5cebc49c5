import { z } from 'zod'
import type { BackupSet, Backups } from '../../model/abilities.ts'
import type { Evidence } from '../../model/finding.ts'

export const set = z.string().min(1).default('latest').describe('latest, or the id of a backup set')

/** Throws with what there is when the set does not exist. */
export async function chosenSet(backups: Backups, service: string, id: string): Promise<BackupSet> {
  const sets = await backups.list()
  const chosen = id === 'latest' ? sets.at(-1) : sets.find(candidate => candidate.id === id)
  if (chosen !== undefined) return chosen
  if (sets.length === 0) throw new Error(`${service} has no backup set`)
  throw new Error(`${service} has no backup set "${id}"; there are: ${sets.map(candidate => candidate.id).join(', ')}`)
}

export function describeSet(
  title: string,
  { id, type, startedAt, stoppedAt, sizeBytes, ...rest }: BackupSet,
): Evidence {
  return {
    kind: 'values',
    title,
    values: {
      set: id,
      type,
      started: new Date(startedAt).toISOString(),
      stopped: new Date(stoppedAt).toISOString(),
      'size (bytes)': sizeBytes,
      WAL: `${rest.walStart} to ${rest.walStop}`,
      verification: rest.verification,
      ...(rest.verificationMessage === undefined ? {} : { said: rest.verificationMessage }),
    },
  }
}
