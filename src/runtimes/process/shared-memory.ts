import { execa } from 'execa'
import { textOf } from '../proc.ts'

/** A killed postmaster leaves one System V segment behind. Removes those that the given processes made and that nobody has attached. */
export async function removeSegments(creators: ReadonlySet<number>): Promise<readonly string[]> {
  const removed: string[] = []
  for (const { id, creator, attached } of segments()) {
    if (!creators.has(creator) || attached > 0) continue
    const { failed } = await execa('ipcrm', ['-m', id], { reject: false })
    if (!failed) removed.push(id)
  }
  return removed
}

function segments(): { id: string; creator: number; attached: number }[] {
  // Not every kernel has them; then none can be left.
  return textOf('/proc/sysvipc/shm')
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(/\s+/))
    .filter(fields => fields.length > 6)
    .map(([, id = '', , , creator, , attached]) => ({ id, creator: Number(creator), attached: Number(attached) }))
}
