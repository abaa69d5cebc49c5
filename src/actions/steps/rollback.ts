import { z } from 'zod'
import type { ActionKind } from '../../model/kind.ts'

const spec = z.strictObject({})

export const rollback: ActionKind<z.output<typeof spec>> = {
  summary: 'Rolls back all faults, newest first.',
  spec,
  example: `
kind: rollback
`,
  needs: () => [],
  async perform(_, run) {
    await run.rollback()
    return []
  },
}
