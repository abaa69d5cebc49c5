import { exitCodes } from '../model/errors.ts'
import type { Kind } from '../model/kind.ts'
import { jsonSchemaOf, unknownName } from '../run/load/decode.ts'
import { type Family, registries, writable } from '../run/load/registries.ts'

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
  const { properties = {}, required = [] } = described(one).schema as {
    properties?: Record<string, Key>
    required?: string[]
  }
  const keys = Object.entries(properties).map(([key, schema]) => {
    const facts = [
      typeName(schema),
      required.includes(key) ? 'required' : undefined,
      schema.default === undefined ? undefined : `default ${JSON.stringify(schema.default)}`,
    ]
    return `  ${key}: ${facts.filter(fact => fact !== undefined).join(', ')}${schema.description === undefined ? '' : `; ${schema.description}`}`
  })
  return [
    `${one.name} (${one.family})`,
    one.kind.summary,
    ...(keys.length > 0 ? ['', 'Keys', ...keys] : []),
    '',
    'Example',
    one.kind.example.trimEnd().replace(/^/gm, '  '),
  ].join('\n')
}

interface Key {
  type?: string
  enum?: unknown[]
  anyOf?: Key[]
  const?: unknown
  default?: unknown
  description?: string
}

function typeName(key: Key): string {
  if (key.const !== undefined) return JSON.stringify(key.const)
  if (key.enum !== undefined) return key.enum.join(' | ')
  if (key.anyOf !== undefined) return key.anyOf.map(typeName).join(' | ')
  return key.type ?? 'any'
}
