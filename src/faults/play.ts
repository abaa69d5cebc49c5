import { z } from 'zod'
import { serviceName } from '../model/fields.ts'
import type { FaultKind } from '../model/kind.ts'
import { undoable } from './undoable.ts'

const spec = z.strictObject({ service: serviceName.describe('a service that plays series') })

export const play: FaultKind<z.output<typeof spec>> = {
  summary: 'Starts to play the series of a service from their first value, in drill time.',
  spec,
  example: `
kind: play
service: web
`,
  needs: ({ service }) => [{ service, ability: 'playback' }],
  prepare({ service }, run) {
    const playback = run.ability(service, 'playback')
    return undoable({
      async inject() {
        await playback.play()
        return [{ kind: 'text', title: 'series', text: `${service} plays its series from the first value on` }]
      },
      undo: () => playback.reset(),
    })
  },
}
