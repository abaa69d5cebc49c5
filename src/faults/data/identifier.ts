import { z } from 'zod'

const NAME = /^[A-Za-z_][A-Za-z0-9_$]*$/
const QUALIFIED = /^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?$/

export const tableName = z.string().regex(QUALIFIED, 'expected the name of a table, such as orders or shop.orders')
export const columnName = z.string().regex(NAME, 'expected the name of a column')

/** A name as it stands in SQL, each part quoted. */
export function quoted(name: string): string {
  return name
    .split('.')
    .map(part => `"${part.replaceAll('"', '""')}"`)
    .join('.')
}
