import { z } from 'zod'
import type { RecoveryTarget } from '../../model/abilities.ts'
import { serviceName, wallDuration } from '../../model/fields.ts'
import type { ActionKind, RunContext } from '../../model/kind.ts'
import { chosenSet, describeSet, set } from './sets.ts'

const spec = z.strictObject({
  service: serviceName.describe('the service that is replaced by a restored instance'),
  set,
  to: z
    .union([
      z.enum(['end', 'before-mistake']),
      z.strictObject({ time: z.iso.datetime({ offset: true }).describe('an instant, such as 2026-05-01T12:00:00Z') }),
      z.strictObject({ ago: wallDuration.describe('so long before this step (wall time: never scaled)') }),
    ])
    .default('end')
    .describe('the end of the archive, just before the first mistake that was made on the service, or an instant'),
})
type Spec = z.output<typeof spec>

export const restoreBackup: ActionKind<Spec> = {
  summary:
    'Replaces a service by a fresh instance restored from a backup, up to the end of the archive or to an instant.',
  spec,
  example: `
kind: restore-backup
service: primary
set: latest
to: before-mistake
`,
  needs: ({ service }) => [{ service, ability: 'backups' }],
  async perform({ service, set, to }, run) {
    const backups = run.ability(service, 'backups')
    const target = targetOf(to, service, run)
    // Which set is the latest that leads to the target, the service knows best.
    const named = set === 'latest' ? {} : { set: (await chosenSet(backups, service, set)).id }
    const restored = await backups.restore({ ...named, ...target })
    return [
      describeSet(`${service} was restored from`, restored.set),
      {
        kind: 'values',
        title: 'recovery target',
        values: { to: describeTarget(target), 'restore and recovery (ms)': Math.round(restored.milliseconds) },
      },
      ...restored.evidence,
    ]
  },
}

function targetOf(to: Spec['to'], service: string, run: RunContext): RecoveryTarget {
  if (to === 'end') return { to }
  if (to === 'before-mistake') return beforeMistake(service, run)
  if ('time' in to) return { to: { time: Date.parse(to.time) } }
  return { to: { time: run.clock.wallTime(run.clock.now()) - to.ago * 1000 } }
}

/** The first one: a restore to before a later mistake would bring the first one back. */
function beforeMistake(service: string, run: RunContext): RecoveryTarget {
  const mistakes = run.events.filter(event => event.event === 'mistake')
  const first = mistakes.find(mistake => mistake.service === service)
  if (first !== undefined) return { to: { beforeXid: first.xid, began: first.beganWall } }
  const elsewhere = [...new Set(mistakes.map(mistake => mistake.service))]
  throw new Error(
    `no mistake was made on ${service} in this run, so there is no instant before it to restore to${elsewhere.length === 0 ? '' : `; mistakes were made on ${elsewhere.join(', ')}`}`,
  )
}

function describeTarget({ to }: RecoveryTarget): string {
  if (to === 'end') return 'the end of the archive'
  if ('time' in to) return new Date(to.time).toISOString()
  return `just before transaction ${to.beforeXid}, which began after ${new Date(to.began).toISOString()}`
}
