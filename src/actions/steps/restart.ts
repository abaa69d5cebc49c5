import { z } from 'zod'
import type { Lifecycle } from '../../model/abilities.ts'
import type { DrillClock } from '../../model/clock.ts'
import { serviceName } from '../../model/fields.ts'
import type { ActionKind } from '../../model/kind.ts'

const spec = z.strictObject({
  service: serviceName.describe('the service that is restarted'),
  hard: z.boolean().default(false).describe('kill it instead of stopping it politely'),
})

export const restart: ActionKind<z.output<typeof spec>> = {
  summary: 'Stops a service, if it runs, and starts it again on the same address and data until it is ready.',
  spec,
  example: `
kind: restart
service: primary
`,
  needs: ({ service }) => [{ service, ability: 'lifecycle' }],
  async perform({ service, hard }, run) {
    const lifecycle = run.ability(service, 'lifecycle')
    const ran = await lifecycle.running()
    const stopped = ran ? await timed(run.clock, () => halt(lifecycle, hard)) : 0
    const started = await timed(run.clock, () => lifecycle.start())
    return [
      {
        kind: 'values',
        title: `${service} was restarted`,
        values: { 'ran before': ran, 'stopping (ms)': stopped, 'starting until ready (ms)': started },
      },
    ]
  },
}

const halt = (lifecycle: Lifecycle, hard: boolean): Promise<void> => (hard ? lifecycle.kill() : lifecycle.stop())

async function timed(clock: DrillClock, work: () => Promise<void>): Promise<number> {
  const began = clock.now()
  await work()
  return Math.round(clock.now() - began)
}
