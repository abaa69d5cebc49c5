import { z } from 'zod'
import { serviceName } from '../model/fields.ts'
import type { FaultKind, RunContext } from '../model/kind.ts'
import { undoable } from './undoable.ts'

const spec = z.strictObject({
  service: serviceName.describe('the standby or replica'),
  how: z
    .enum(['apply', 'ship'])
    .default('apply')
    .describe(
      'apply: data arrive but are not applied, a promotion loses nothing; ship: the link to the primary is cut, a promotion loses what was not shipped',
    ),
})

export const replicationLag: FaultKind<z.output<typeof spec>> = {
  summary: 'Lets a standby fall behind its primary, by not applying what arrives or by cutting its link.',
  spec,
  example: `
kind: replication-lag
service: standby
how: apply
`,
  needs: ({ service }) => [{ service, ability: 'replication' }],
  prepare({ service, how }, run) {
    const replication = run.ability(service, 'replication')
    let upstream: string | undefined
    return undoable({
      async check() {
        upstream = await replication.upstream()
        if (upstream === undefined)
          throw new Error(`${service} was expected to follow a primary, but it is one itself: it cannot lag`)
      },
      async inject() {
        const primary = upstream ?? ''
        if (how === 'apply') await replication.pauseApply()
        else await (await run.link(service, primary)).cut('drop')
        return [{ kind: 'values', title: `${service} no longer keeps up with ${primary}`, values: { how, primary } }]
      },
      async undo() {
        // Also after `apply`: a server that cannot hold back what arrives, such as Redis, is cut off instead.
        await (await run.link(service, upstream ?? '')).heal()
        if (how === 'apply' && (await runs(run, service))) await replication.resumeApply()
      },
    })
  },
}

/** A pause does not outlive the server. */
async function runs(run: RunContext, service: string): Promise<boolean> {
  return !run.has(service, 'lifecycle') || run.ability(service, 'lifecycle').running()
}
