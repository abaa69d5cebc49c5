import { z } from 'zod'
import type { ActionKind } from '../../model/kind.ts'
import { demand, expectation, within } from './expectations.ts'

const spec = z.strictObject({
  expect: z.array(expectation).min(1).describe('expectations that must all be met'),
  within,
})

export const verify: ActionKind<z.output<typeof spec>> = {
  summary: 'Checks what was recovered: all expectations must be met in time, or recovery has failed.',
  spec,
  example: `
kind: verify
within: 30s
expect:
  - { kind: sql, service: primary, query: select count(*) from orders, value: 1000 }
`,
  needs: () => [],
  expectations: ({ expect }) => expect,
  async perform({ expect, within }, run) {
    return demand(await Promise.all(expect.map(one => run.check(one, within * 1000))), within)
  },
}
