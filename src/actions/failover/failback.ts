import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { ActionKind } from '../../model/kind.ts'
import { pointTo } from './repoint.ts'

const spec = z.strictObject({
  to: serviceName.describe('the standby that becomes the primary again'),
  from: serviceName.describe('the present primary; afterwards it follows the other'),
  endpoint: serviceName.optional().describe('the endpoint whose clients move with it'),
})

export const failback: ActionKind<z.output<typeof spec>> = {
  summary: 'Exchanges the roles of a primary and its standby in an orderly way, without losing a write.',
  spec,
  example: `
kind: failback
to: primary
from: standby
endpoint: database
`,
  needs: ({ to, from, endpoint }) => [
    { service: to, ability: 'replication' },
    { service: from, ability: 'replication' },
    { service: from, ability: 'lifecycle' },
    ...(endpoint === undefined ? [] : [{ service: endpoint, ability: 'endpoint' } as const]),
  ],
  async perform({ to, from, endpoint }, run) {
    const target = run.ability(to, 'replication')
    const upstream = await target.upstream()
    if (upstream !== from)
      throw new Error(`${to} was expected to follow ${from}, but it follows ${upstream ?? 'nobody'}: rebuild it first`)
    const queue = await target.queueSize()
    // A polite stop sends everything to the standby before it ends, so nothing acknowledged is left behind.
    await run.ability(from, 'lifecycle').stop()
    const { milliseconds } = await target.promote()
    if (endpoint !== undefined) await pointTo(endpoint, to, run)
    const rebuilt = await run.ability(from, 'replication').rebuild(to)
    return [
      {
        kind: 'values',
        title: `${to} is the primary again and ${from} follows it`,
        values: {
          'not yet applied before it': queue,
          'promotion itself (ms)': Math.round(milliseconds),
          'rebuilt by': rebuilt.method,
          'rebuilding (ms)': Math.round(rebuilt.milliseconds),
        },
      },
    ]
  },
}
