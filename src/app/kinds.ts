import { z } from 'zod'
import { exitCodes } from '../model/errors.ts'
import type { Kind } from '../model/kind.ts'
import { jsonSchemaOf, unknownName } from '../run/load/decode.ts'
import { type Family, registries, writable } from '../run/load/registries.ts'
import { faultKeys, probeKeys, stepKeys, timingKeys } from '../run/load/shape.ts'

const commonKeys: Readonly<Record<Family, z.ZodRawShape | undefined>> = {
  service: undefined,
  fault: faultKeys,
  action: stepKeys,
  expectation: timingKeys,
  probe: probeKeys,
}

interface Listed {
  readonly family: Family
  readonly name: string
  readonly kind: Kind<unknown>
}

/** `genesis-drill kinds [NAME]`: everything that can stand under `kind:`, from the registries themselves. */
export async function kindsCommand(name: string | undefined, options: { json?: boolean }): Promise<number> {
  const all = (Object.keys(registries) as Family[]).flatMap(family =>
    Object.entries(writable(family)).map(([name, kind]): Listed => ({ family, name, kind })),
  )
  const chosen = name === undefined ? all : all.filter(one => one.name === name)
  if (chosen.length === 0) {
    console.error(unknownName('kind', name ?? '', [...new Set(all.map(one => one.name))]))
    return exitCodes.author
  }
  if (options.json) console.log(JSON.stringify(chosen.map(described), null, 2))
  else if (name === undefined) console.log(table(chosen))
  else console.log(chosen.map(page).join('\n\n'))
  return exitCodes.met
}

function described({ family, name, kind }: Listed) {
  return { family, name, summary: kind.summary, example: kind.example, schema: jsonSchemaOf(kind.spec) }
}

function table(all: readonly Listed[]): string {
  const width = Math.max(...all.map(({ name }) => name.length))
  return (Object.keys(registries) as Family[])
    .map(family =>
      [
        `${family}s`,
        ...all.filter(one => one.family === family).map(({ name, kind }) => `  ${name.padEnd(width)}  ${kind.summary}`),
      ].join('\n'),
    )
    .join('\n\n')
}

function page(one: Listed): string {
  const keys = keysOf(described(one).schema as Schema, '  ')
  const common = commonKeys[one.family]
  return [
    `${one.name} (${one.family})`,
    one.kind.summary,
    ...(keys.length > 0 ? ['', 'Keys', ...keys] : []),
    ...(common === undefined
      ? []
      : ['', `Keys of every ${one.family}`, ...keysOf(jsonSchemaOf(z.object(common)) as Schema, '  ')]),
    '',
    'Example',
    one.kind.example.trim().replace(/^/gm, '  '),
  ].join('\n')
}

interface Schema {
  type?: string
  enum?: unknown[]
  anyOf?: Schema[]
  const?: unknown
  default?: unknown
  description?: string
  items?: Schema
  prefixItems?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
}

/** A line for each key, and below it the keys that stand in it. */
function keysOf({ properties = {}, required = [] }: Schema, indent: string): string[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const facts = [
      typeName(schema),
      required.includes(key) && schema.default === undefined ? 'required' : undefined,
      schema.default === undefined ? undefined : `default ${JSON.stringify(schema.default)}`,
    ]
    const description = schema.description === undefined ? '' : `; ${schema.description}`
    const line = `${indent}${key}: ${facts.filter(fact => fact !== undefined).join(', ')}${description}`
    return [line, ...keysOf(schema, `${indent}  `)]
  })
}

function typeName(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.join(' | ')
  if (schema.anyOf !== undefined) return schema.anyOf.map(oneOfSeveral).join(' | ')
  if (schema.prefixItems !== undefined) return `[${schema.prefixItems.map(typeName).join(', ')}]`
  if (schema.type === 'array' && schema.items !== undefined) return `list of ${typeName(schema.items)}`
  return schema.type ?? 'any'
}

/** Among others an object is told by its keys, since they have no lines of their own. */
function oneOfSeveral(schema: Schema): string {
  const keys = Object.entries(schema.properties ?? {}).map(([key, value]) => `${key}: ${typeName(value)}`)
  return keys.length > 0 ? `{ ${keys.join(', ')} }` : typeName(schema)
}
