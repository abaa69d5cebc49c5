import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { undoable } from '../undoable.ts'
import { newestBackup } from './newest.ts'

const spec = z.strictObject({ service: serviceName.describe('the service whose backups fail') })

export const failedBackups: FaultKind<z.output<typeof spec>> = {
  summary: 'Breaks the backup job: it runs on schedule as before, and each attempt fails for real.',
  spec,
  example: `
kind: failed-backups
service: primary
`,
  needs: ({ service }) => [{ service, ability: 'backups' }],
  prepare({ service }, run) {
    const backups = run.ability(service, 'backups')
    return undoable({
      async inject() {
        const { succeeded, failed } = backups.attempts()
        await backups.breakJob()
        return [
          await newestBackup(backups, run.clock, `the backup job of ${service} was broken`),
          { kind: 'values', title: 'attempts before', values: { succeeded, failed } },
        ]
      },
      undo: () => backups.mendJob(),
    })
  },
}
