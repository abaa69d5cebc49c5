import type { Storage } from '../../model/abilities.ts'
import type { Member } from './member.ts'

type VolumeName = 'data' | 'archive'

const FILLER = '.genesis-drill-filler'

/** Only volumes with a limit of their own: anything else would fill the machine's disk. */
export function postgresStorage(member: Member): Storage {
  const { dataLimit, archiveLimit } = member.spec
  const volumes = [
    ...(dataLimit === undefined ? [] : (['data'] as const)),
    ...(archiveLimit === undefined ? [] : (['archive'] as const)),
  ]
  const directory = (volume: VolumeName) => {
    const found = volume === 'data' ? member.root : member.archive
    if (volumes.includes(volume) && found !== undefined) return found
    throw new Error(
      `the ${volume} volume of ${member.service} has no limit of its own and is not filled; give it ${volume}Limit`,
    )
  }
  return {
    volumes: () => volumes,
    async fill(volume) {
      // Twice: what fallocate cannot take as one piece, dd takes block by block until nothing is left.
      await member.shell(
        `cd "$1" || exit 1
        free=$(df --output=avail -B1 . | tail -1)
        fallocate -l "$free" ${FILLER} 2>/dev/null
        dd if=/dev/zero of=${FILLER}-rest bs=4096 status=none 2>/dev/null
        free=$(df --output=avail -B1 . | tail -1)
        [ "$free" -lt 4096 ] || { echo "$free bytes are still free" >&2; exit 1; }`,
        [directory(volume)],
      )
    },
    async release(volume) {
      await member.shell(`rm -f "$1/${FILLER}" "$1/${FILLER}-rest"`, [directory(volume)])
    },
  }
}
