import { z } from 'zod'
import { exitCodes } from '../model/errors.ts'
import { runRecordSchema } from '../model/record-schema.ts'
import { routesFile } from '../regression/routes/file.ts'
import { reports } from '../reports/index.ts'
import { unknownName } from '../run/load/decode.ts'
import { drillJsonSchema, scenarioJsonSchema } from '../run/load/schema.ts'

/** The published JSON Schemas; schema/ holds each as a file. */
export const schemas = {
  scenario: scenarioJsonSchema,
  drill: () => drillJsonSchema(Object.keys(reports)),
  record: () => ({
    title: 'Genesis Drill record',
    ...z.toJSONSchema(runRecordSchema, { io: 'input', unrepresentable: 'any' }),
  }),
  routes: () => ({
    title: 'Genesis Drill route tests',
    ...z.toJSONSchema(routesFile, { io: 'input', unrepresentable: 'any' }),
  }),
} as const

/** `genesis-drill schema WHAT` */
export async function schemaCommand(what: string): Promise<number> {
  const schema = Object.hasOwn(schemas, what) ? schemas[what as keyof typeof schemas] : undefined
  if (schema === undefined) {
    console.error(unknownName('schema', what, Object.keys(schemas)))
    return exitCodes.author
  }
  console.log(JSON.stringify(schema(), null, 2))
  return exitCodes.met
}
