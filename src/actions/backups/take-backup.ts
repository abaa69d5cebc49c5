import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { ActionKind } from '../../model/kind.ts'
import { describeSet } from './sets.ts'

const spec = z.strictObject({ service: serviceName.describe('the service that is backed up') })

export const takeBackup: ActionKind<z.output<typeof spec>> = {
  summary: 'Takes a backup now.',
  spec,
  example: `
kind: take-backup
service: primary
`,
  needs: ({ service }) => [{ service, ability: 'backups' }],
  async perform({ service }, run) {
    return [describeSet(`a backup of ${service} was taken`, await run.ability(service, 'backups').take())]
  },
}
