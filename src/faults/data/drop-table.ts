import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { FaultKind } from '../../model/kind.ts'
import { quoted, tableName } from './identifier.ts'
import { mistake } from './mistake.ts'

const spec = z.strictObject({
  service: serviceName.describe('the database'),
  table: tableName.describe('the table that is dropped'),
})

export const dropTable: FaultKind<z.output<typeof spec>> = {
  summary: 'Drops a table by mistake; replication repeats it, and only a restore undoes it (rollback does not).',
  spec,
  example: `
kind: drop-table
service: primary
table: orders
`,
  needs: ({ service }) => [{ service, ability: 'sql' }],
  prepare: ({ service, table }, run) =>
    mistake({ service, statement: `drop table ${quoted(table)} cascade`, effect: () => `table ${table} is gone` }, run),
}
