import { z } from 'zod'
import { messageOf } from '../../model/errors.ts'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { undoable } from '../undoable.ts'
import { politely } from './limited.ts'

const spec = z.strictObject({
  service: serviceName.describe('the service that is flooded'),
  protocol: z.enum(['sql', 'redis']).default('sql').describe('what the service speaks'),
  count: z.number().int().min(1).max(2_000).default(200).describe('connections that are opened and held'),
})

/** Opened at once; more would measure the queue of the kernel. */
const BATCH = 20

export const connectionFlood: FaultKind<z.output<typeof spec>> = {
  summary: 'Opens many connections to a service and holds them, until no other client gets in.',
  spec,
  example: `
kind: connection-flood
service: primary
protocol: sql
count: 200
`,
  needs: ({ service, protocol }) => [{ service, ability: protocol }],
  prepare({ service, protocol, count }, run) {
    const held: AsyncDisposable[] = []
    return undoable({
      async inject() {
        const ability = run.ability(service, protocol)
        const refusals: string[] = []
        for (let opened = 0; opened < count; opened += BATCH) {
          const attempts = Array.from({ length: Math.min(BATCH, count - opened) }, () =>
            ability.connect({ timeoutMs: 5_000 }),
          )
          for (const attempt of await Promise.allSettled(attempts))
            if (attempt.status === 'fulfilled') held.push(attempt.value)
            else refusals.push(messageOf(attempt.reason))
          // Full is full: knocking on would only take time.
          if (refusals.length >= BATCH) break
        }
        if (held.length === 0) throw new Error(`no connection to ${service} could be opened: ${refusals[0]}`)
        return [
          {
            kind: 'values',
            title: `${service} was flooded with connections`,
            values: { wanted: count, held: held.length, refused: refusals.length, refusal: refusals[0] ?? null },
          },
        ]
      },
      async undo() {
        await politely(Promise.allSettled(held.map(connection => connection[Symbol.asyncDispose]())))
        held.length = 0
      },
    })
  },
}
