import { z } from 'zod'
import type { ActionKind } from '../../model/kind.ts'
import { demand, expectation, within } from './expectations.ts'

const spec = z.strictObject({ expect: expectation, within })

export const waitFor: ActionKind<z.output<typeof spec>> = {
  summary: 'Waits until an expectation is met.',
  spec,
  example: `
kind: wait-for
within: 30s
expect: { kind: alert, alert: PostgresDown, state: firing }
`,
  needs: () => [],
  expectations: ({ expect }) => [expect],
  async perform({ expect, within }, run) {
    return demand([await run.check(expect, within * 1000)], within)
  },
}
