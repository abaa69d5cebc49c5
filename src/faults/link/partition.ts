import { z } from 'zod'
import type { FaultKind } from '../../model/kind.ts'
import { ends, linkFault, servicesOf } from './ends.ts'

const spec = z.strictObject({
  ...ends,
  how: z
    .enum(['drop', 'refuse'])
    .default('drop')
    .describe('drop: bytes vanish and connections hang; refuse: connections are reset'),
})

export const partition: FaultKind<z.output<typeof spec>> = {
  summary: 'Cuts the network between two services, or between the clients and a service.',
  spec,
  example: `
kind: partition
from: standby
to: primary
how: drop
`,
  needs: () => [],
  services: servicesOf,
  prepare: (spec, run) =>
    linkFault(
      spec,
      run,
      { kind: 'values', title: `the link from ${spec.from} to ${spec.to} was cut`, values: { how: spec.how } },
      link => link.cut(spec.how),
    ),
}
