import { z } from 'zod'
import { serviceName } from '../model/fields.ts'
import type { ExpectationKind } from '../model/kind.ts'
import { compares, comparison, scalar, shown } from './comparison.ts'

const spec = z
  .strictObject({
    service: serviceName.describe('the database'),
    query: z.string().min(1).describe('asked of the database past all broken links'),
    compare: comparison,
    value: scalar.optional().describe('what the first column of the first row must compare with'),
    rows: z.number().int().min(0).optional().describe('the number of rows that the query must give'),
  })
  .refine(({ value, rows }) => value !== undefined || rows !== undefined, 'expected a value, a number of rows or both')

export const sql: ExpectationKind<z.output<typeof spec>> = {
  summary: 'A query of a database gives the expected value, or the expected number of rows.',
  spec,
  example: `
kind: sql
service: primary
query: select count(*) from orders
compare: '>='
value: 1000
`,
  needs: ({ service }) => [{ service, ability: 'sql' }],
  async check({ service, query, compare, value, rows }, run) {
    const answer = await run.ability(service, 'sql').query(query)
    const seen = Object.values(answer[0] ?? {})[0]
    const complaints = [
      ...(rows === undefined || answer.length === rows ? [] : [`expected ${rows} rows, seen: ${answer.length}`]),
      ...(value === undefined || (answer.length > 0 && compares(seen, compare, value))
        ? []
        : [`expected ${compare} ${shown(value)}, seen: ${answer.length === 0 ? 'no row' : shown(seen)}`]),
    ]
    const evidence = [
      {
        kind: 'values',
        title: `${service}: ${query}`,
        values: { rows: answer.length, 'first value': answer.length === 0 ? null : shown(seen) },
      },
    ] as const
    if (complaints.length > 0)
      return { verdict: 'unmet', message: `"${query}" on ${service}: ${complaints.join('; ')}`, evidence }
    const result = value === undefined ? `${answer.length} rows` : shown(seen)
    return { verdict: 'met', message: `"${query}" on ${service} gives ${result}`, evidence }
  },
}
