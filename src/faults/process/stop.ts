import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { undoable } from '../undoable.ts'
import { bringBack, requireRunning } from './outage.ts'

const spec = z.strictObject({ service: serviceName.describe('the service that is stopped') })

export const stop: FaultKind<z.output<typeof spec>> = {
  summary: 'Stops a service politely, as an operator or a scheduler would.',
  spec,
  example: `
kind: stop
service: cache
`,
  needs: ({ service }) => [{ service, ability: 'lifecycle' }],
  prepare({ service }, run) {
    const lifecycle = run.ability(service, 'lifecycle')
    return undoable({
      check: () => requireRunning(run, service),
      async inject() {
        await lifecycle.stop()
        if (await lifecycle.running()) throw new Error(`${service} was stopped, but it still runs`)
        return [{ kind: 'values', title: `${service} was stopped`, values: { running: false } }]
      },
      undo: () => bringBack(run, service),
    })
  },
}
