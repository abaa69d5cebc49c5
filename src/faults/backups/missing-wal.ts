import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { undoable } from '../undoable.ts'

const spec = z.strictObject({ service: serviceName.describe('the service whose archive gets a hole') })

export const missingWal: FaultKind<z.output<typeof spec>> = {
  summary: 'Takes a WAL segment that a restore of the newest backup would need out of the archive.',
  spec,
  example: `
kind: missing-wal
service: primary
`,
  needs: ({ service }) => [{ service, ability: 'backups' }],
  prepare({ service }, run) {
    let putBack = async () => {}
    return undoable({
      async inject() {
        const { segment, undo } = await run.ability(service, 'backups').removeWal()
        putBack = undo
        return [{ kind: 'values', title: `the WAL archive of ${service} has a hole`, values: { segment } }]
      },
      undo: () => putBack(),
    })
  },
}
