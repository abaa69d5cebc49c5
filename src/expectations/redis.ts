import { z } from 'zod'
import { serviceName } from '../model/fields.ts'
import type { ExpectationKind } from '../model/kind.ts'
import { compares, comparison, scalar, shown } from './comparison.ts'

const spec = z.strictObject({
  service: serviceName.describe('the Redis server'),
  command: z.array(z.string()).min(1).describe('the command and its arguments'),
  compare: comparison,
  value: scalar.describe('what the reply must compare with; of a list, its length'),
})

export const redis: ExpectationKind<z.output<typeof spec>> = {
  summary: 'A command of Redis gives the expected reply.',
  spec,
  example: `
kind: redis
service: cache
command: [DBSIZE]
compare: '>='
value: 1000
`,
  needs: ({ service }) => [{ service, ability: 'redis' }],
  async check({ service, command, compare, value }, run) {
    const reply = await run.ability(service, 'redis').command(...command)
    const seen = Array.isArray(reply) ? reply.length : Buffer.isBuffer(reply) ? reply.toString() : reply
    const subject = `"${command.join(' ')}" on ${service}`
    const evidence = [{ kind: 'values', title: subject, values: { reply: shown(seen) } }] as const
    return compares(seen, compare, value)
      ? { verdict: 'met', message: `${subject} gives ${shown(seen)}`, evidence }
      : { verdict: 'unmet', message: `${subject}: expected ${compare} ${shown(value)}, seen: ${shown(seen)}`, evidence }
  },
}
