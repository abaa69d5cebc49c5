import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { ActionKind } from '../../model/kind.ts'

const spec = z.strictObject({
  service: serviceName.describe('the old primary, or a broken standby'),
  from: serviceName.describe('the primary that it is to follow'),
})

export const rebuildStandby: ActionKind<z.output<typeof spec>> = {
  summary: 'Makes a server a standby of a primary, by rewinding it where that is possible, else by a fresh copy.',
  spec,
  example: `
kind: rebuild-standby
service: primary
from: standby
`,
  needs: ({ service, from }) => [
    { service, ability: 'replication' },
    { service: from, ability: 'replication' },
  ],
  async perform({ service, from }, run) {
    const replication = run.ability(service, 'replication')
    const { method, milliseconds } = await replication.rebuild(from)
    const upstream = await replication.upstream()
    if (upstream !== from)
      throw new Error(`${service} was rebuilt to follow ${from}, but it follows ${upstream ?? 'nobody'}`)
    return [
      {
        kind: 'values',
        title: `${service} follows ${from}`,
        values: { method, 'duration (ms)': Math.round(milliseconds) },
      },
    ]
  },
}
