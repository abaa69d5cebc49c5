import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { undoable } from '../undoable.ts'
import { bringBack, requireRunning, thaw } from './outage.ts'

const spec = z.strictObject({
  service: serviceName.describe('the exporter'),
  how: z
    .enum(['dead', 'hung'])
    .default('dead')
    .describe('dead: killed, scrapes are refused; hung: frozen, scrapes run into their timeout'),
})

export const exporterDown: FaultKind<z.output<typeof spec>> = {
  summary: 'Takes an exporter away while the service that it watches lives on.',
  spec,
  example: `
kind: exporter-down
service: primary-exporter
how: dead
`,
  needs: ({ service, how }) => [
    { service, ability: 'metrics' },
    { service, ability: 'lifecycle' },
    ...(how === 'hung' ? [{ service, ability: 'freeze' } as const] : []),
  ],
  prepare({ service, how }, run) {
    return undoable({
      check: () => requireRunning(run, service),
      async inject() {
        if (how === 'dead') await run.ability(service, 'lifecycle').kill()
        else await run.ability(service, 'freeze').pause()
        const jobs = run.ability(service, 'metrics').map(({ job, instance }) => `${job} ${instance}`)
        return [
          { kind: 'values', title: `${service} no longer answers scrapes`, values: { how, targets: jobs.join(', ') } },
        ]
      },
      undo: () => (how === 'dead' ? bringBack(run, service) : thaw(run, service)),
    })
  },
}
