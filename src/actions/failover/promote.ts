import { z } from 'zod'
import { messageOf } from '../../model/errors.ts'
import { serviceName } from '../../model/fields.ts'
import type { ActionKind } from '../../model/kind.ts'

const spec = z.strictObject({ service: serviceName.describe('the standby or replica that becomes the primary') })

export const promote: ActionKind<z.output<typeof spec>> = {
  summary: 'Makes a standby the primary, so that it takes writes.',
  spec,
  example: `
kind: promote
service: standby
`,
  needs: ({ service }) => [{ service, ability: 'replication' }],
  async perform({ service }, run) {
    const replication = run.ability(service, 'replication')
    // Told for the record only: with the primary gone there may be nobody to compare with.
    const queue = await replication.queueSize().catch(thrown => messageOf(thrown))
    const { milliseconds } = await replication.promote()
    return [
      {
        kind: 'values',
        title: `${service} was promoted`,
        values: { 'promotion itself (ms)': Math.round(milliseconds), 'not yet applied before it': queue },
      },
    ]
  },
}
