import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { undoable } from '../undoable.ts'
import { bringBack, requireRunning } from './outage.ts'

const spec = z.strictObject({ service: serviceName.describe('the service that is killed') })

export const kill: FaultKind<z.output<typeof spec>> = {
  summary: 'Kills a service with SIGKILL, its whole process tree at once, as a crash of the program would.',
  spec,
  example: `
kind: kill
service: primary
`,
  needs: ({ service }) => [{ service, ability: 'lifecycle' }],
  prepare({ service }, run) {
    const lifecycle = run.ability(service, 'lifecycle')
    return undoable({
      check: () => requireRunning(run, service),
      async inject() {
        await lifecycle.kill()
        if (await lifecycle.running()) throw new Error(`${service} was killed, but it still runs`)
        return [{ kind: 'values', title: `${service} was killed`, values: { signal: 'SIGKILL', running: false } }]
      },
      undo: () => bringBack(run, service),
    })
  },
}
