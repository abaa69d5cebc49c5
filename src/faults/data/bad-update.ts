import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { columnName, quoted, tableName } from './identifier.ts'
import { mistake } from './mistake.ts'

const spec = z.strictObject({
  service: serviceName.describe('the database'),
  table: tableName.describe('the table that is overwritten'),
  set: z
    .record(columnName, z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .refine(columns => Object.keys(columns).length > 0, 'expected at least one column')
    .describe('the columns and the values that overwrite them'),
  where: z.string().min(1).optional().describe('an SQL condition; without it every row is overwritten'),
})

export const badUpdate: FaultKind<z.output<typeof spec>> = {
  summary: 'Overwrites rows by mistake; replication repeats it, and only a restore undoes it (rollback does not).',
  spec,
  example: `
kind: bad-update
service: primary
table: orders
set: { amount: 0 }
`,
  needs: ({ service }) => [{ service, ability: 'sql' }],
  prepare({ service, table, set, where }, run) {
    const columns = Object.keys(set).map((column, index) => `${quoted(column)} = $${index + 1}`)
    const condition = where === undefined ? '' : ` where ${where}`
    return mistake(
      {
        service,
        statement: `with changed as (update ${quoted(table)} set ${columns.join(', ')}${condition} returning 1) select count(*)::int as rows from changed`,
        parameters: Object.values(set),
        effect: rows => `${String(rows[0]?.['rows'])} rows of ${table} were overwritten`,
      },
      run,
    )
  },
}
