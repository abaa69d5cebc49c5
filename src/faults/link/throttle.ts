import { z } from 'zod'
import type { FaultKind } from '../../model/kind.ts'
import { ends, linkFault, servicesOf } from './ends.ts'

const spec = z.strictObject({
  ...ends,
  bytesPerSecond: z.number().int().positive().describe('at most this many bytes pass in a second of wall time'),
})

export const throttle: FaultKind<z.output<typeof spec>> = {
  summary: 'Lets only a trickle of bytes through between two services, or between the clients and a service.',
  spec,
  example: `
kind: throttle
from: standby
to: primary
bytesPerSecond: 2000
`,
  needs: () => [],
  services: servicesOf,
  prepare: (spec, run) =>
    linkFault(
      spec,
      run,
      {
        kind: 'values',
        title: `the link from ${spec.from} to ${spec.to} was throttled`,
        values: { 'bytes per second': spec.bytesPerSecond },
      },
      link => link.throttle(spec.bytesPerSecond),
    ),
}
