import { z } from 'zod'
import { wallDuration } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { ends, linkFault, servicesOf } from './ends.ts'

const spec = z.strictObject({
  ...ends,
  by: wallDuration.describe('how much later everything arrives, in each direction (wall time: never scaled)'),
})

export const latency: FaultKind<z.output<typeof spec>> = {
  summary: 'Delays all traffic between two services, or between the clients and a service.',
  spec,
  example: `
kind: latency
from: clients
to: primary
by: 300ms
`,
  needs: () => [],
  services: servicesOf,
  prepare: (spec, run) =>
    linkFault(
      spec,
      run,
      {
        kind: 'values',
        title: `the link from ${spec.from} to ${spec.to} was delayed`,
        values: { 'milliseconds each way': spec.by * 1000 },
      },
      link => link.delay(spec.by * 1000),
    ),
}
