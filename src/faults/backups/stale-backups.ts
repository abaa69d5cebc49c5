import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { undoable } from '../undoable.ts'
import { newestBackup } from './newest.ts'

const spec = z.strictObject({ service: serviceName.describe('the service whose backups stop') })

export const staleBackups: FaultKind<z.output<typeof spec>> = {
  summary: 'Stops the backup schedule, so that the newest backup grows old for real.',
  spec,
  example: `
kind: stale-backups
service: primary
`,
  needs: ({ service }) => [{ service, ability: 'backups' }],
  prepare({ service }, run) {
    const backups = run.ability(service, 'backups')
    return undoable({
      async inject() {
        await backups.stopSchedule()
        return [await newestBackup(backups, run.clock, `the backup schedule of ${service} was stopped`)]
      },
      undo: () => backups.startSchedule(),
    })
  },
}
