import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { undoable } from '../undoable.ts'
import { requireRunning, thaw } from './outage.ts'

const spec = z.strictObject({ service: serviceName.describe('the service that is frozen') })

export const pause: FaultKind<z.output<typeof spec>> = {
  summary: 'Freezes a service: its connections stay open, but nobody answers on them.',
  spec,
  example: `
kind: pause
service: primary
`,
  needs: ({ service }) => [
    { service, ability: 'freeze' },
    { service, ability: 'lifecycle' },
  ],
  prepare({ service }, run) {
    return undoable({
      check: () => requireRunning(run, service),
      async inject() {
        await run.ability(service, 'freeze').pause()
        return [{ kind: 'values', title: `${service} was frozen`, values: { running: true, answers: false } }]
      },
      undo: () => thaw(run, service),
    })
  },
}
