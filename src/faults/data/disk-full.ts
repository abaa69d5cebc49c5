import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { bringBack } from '../process/outage.ts'
import { undoable } from '../undoable.ts'

const spec = z.strictObject({
  service: serviceName.describe('the service whose disk fills up'),
  volume: z.enum(['data', 'archive']).default('data').describe('its data, or the archive of its WAL'),
})

export const diskFull: FaultKind<z.output<typeof spec>> = {
  summary: "Fills a volume of limited size, the run's own, to its last byte.",
  spec,
  example: `
kind: disk-full
service: primary
volume: archive
`,
  needs: ({ service }) => [
    { service, ability: 'storage' },
    { service, ability: 'lifecycle' },
  ],
  prepare({ service, volume }, run) {
    const storage = run.ability(service, 'storage')
    if (!storage.volumes().includes(volume))
      throw new Error(
        `the ${volume} volume of ${service} has no size limit of its own, and no other disk may be filled; limited: ${storage.volumes().join(', ') || 'none'}`,
      )
    return undoable({
      async inject() {
        await storage.fill(volume)
        return [{ kind: 'values', title: `the ${volume} volume of ${service} is full`, values: { volume } }]
      },
      async undo() {
        await storage.release(volume)
        // A database that cannot write its log any more gives up.
        await bringBack(run, service)
      },
    })
  },
}
