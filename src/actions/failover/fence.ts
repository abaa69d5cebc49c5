import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { ActionKind } from '../../model/kind.ts'

const spec = z.strictObject({ service: serviceName.describe('the primary that must not take writes again') })

export const fence: ActionKind<z.output<typeof spec>> = {
  summary: 'Fences a server: it takes no writes again, not even after a restart, until it is rebuilt.',
  spec,
  example: `
kind: fence
service: primary
`,
  needs: ({ service }) => [{ service, ability: 'replication' }],
  async perform({ service }, run) {
    await run.ability(service, 'replication').fence()
    return [{ kind: 'text', title: 'fencing', text: `${service} takes no writes until it is rebuilt` }]
  },
}
