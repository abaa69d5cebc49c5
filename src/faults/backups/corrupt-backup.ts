import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { undoable } from '../undoable.ts'

const spec = z.strictObject({
  service: serviceName.describe('the service whose backup is damaged'),
  set: z.string().min(1).default('latest').describe('latest, or the id of a backup set'),
})

export const corruptBackup: FaultKind<z.output<typeof spec>> = {
  summary: 'Flips bytes in the data files of a backup set, as a rotting disk does.',
  spec,
  example: `
kind: corrupt-backup
service: primary
set: latest
`,
  needs: ({ service }) => [{ service, ability: 'backups' }],
  prepare({ service, set }, run) {
    let undoCorruption = async () => {}
    return undoable({
      async inject() {
        const { id, file, undo } = await run.ability(service, 'backups').corrupt(set === 'latest' ? undefined : set)
        undoCorruption = undo
        return [{ kind: 'values', title: `a backup set of ${service} was damaged`, values: { set: id, file } }]
      },
      undo: () => undoCorruption(),
    })
  },
}
