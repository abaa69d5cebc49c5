import { z } from 'zod'
import type { ActionKind } from '../../model/kind.ts'
import { StepFailure } from '../../model/step-failure.ts'

const spec = z.strictObject({ ask: z.string().min(1).describe('what the person is to do and to confirm') })

export const manual: ActionKind<z.output<typeof spec>> = {
  summary: 'Asks a person on the terminal to do something, waits for the confirmation and records who gave it.',
  spec,
  example: `
kind: manual
ask: Switch the DNS record of the database to the standby, then confirm
`,
  needs: () => [],
  asksPerson: true,
  async perform({ ask }, run) {
    if (run.person === undefined)
      throw new Error(`"${ask}" needs a person's confirmation, and there is no terminal to ask one on`)
    const { who, answer } = await run.person.confirm(ask, run.signal)
    const evidence = {
      kind: 'values',
      title: 'confirmation',
      values: { asked: ask, who, answer, when: new Date(run.clock.wallTime(run.clock.now())).toISOString() },
    } as const
    if (answer === 'failed') throw new StepFailure(`${who} answered that "${ask}" failed`, [evidence])
    return [evidence]
  },
}
