import { z } from 'zod'
import type { Kind } from '../../model/kind.ts'
import { nearest } from '../../model/nearest.ts'
import type { DecodedYaml, Problems } from './source.ts'

type Path = readonly PropertyKey[]

/** Decodes the value at `path` and adds a problem for each thing that is wrong. Undefined when there is one. */
export function decode<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  yaml: DecodedYaml,
  path: Path,
  problems: Problems,
): Output | undefined {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  for (const issue of result.error.issues) report(issue, schema, value, yaml, path, problems)
  return undefined
}

function report(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  value: unknown,
  yaml: DecodedYaml,
  path: Path,
  problems: Problems,
): void {
  const at = [...path, ...issue.path]
  const { file } = yaml.source
  const name = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path)
    for (const key of issue.keys) problems.add(file, unknownName('key', key, known), yaml.position([...at, key], true))
    return
  }
  if (issue.code === 'invalid_type' && valueAt(value, issue.path) === undefined) {
    problems.add(file, `${name}missing; expected ${issue.expected}`, yaml.position(at))
    return
  }
  problems.add(file, `${name}${sentence(issue.message)}`, yaml.position(at))
}

function sentence(message: string): string {
  return message.replace(/^Invalid input: /, '').replace(/^Invalid option: /, '')
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (part, key) =>
      typeof part === 'object' && part !== null ? (part as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  )
}

/** The keys that a mapping may have at this place, for "did you mean". */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let part = jsonSchemaOf(schema) as JsonSchema | undefined
  for (const key of path)
    part =
      part?.properties?.[String(key)] ??
      part?.items ??
      (typeof part?.additionalProperties === 'object' ? part.additionalProperties : undefined)
  return Object.keys(part?.properties ?? {})
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>
  items?: JsonSchema
  additionalProperties?: JsonSchema | boolean
}

/** What an author may write, as JSON Schema. */
export function jsonSchemaOf(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<
    string,
    unknown
  >
  return rest
}

/** `unknown key "foo", did you mean "for"? Known: ...` */
export function unknownName(what: string, written: string, known: readonly string[]): string {
  const guess = nearest(written, known)
  return `unknown ${what} "${written}"${guess === undefined ? '' : `, did you mean "${guess}"?`}${known.length === 0 ? '' : `${guess === undefined ? '.' : ''} Known: ${known.join(', ')}`}`
}

/** Decodes a mapping with `kind:` by its registry; `outer` are the keys that do not belong to the kind. */
export function decodeKind<K extends Kind<unknown>>(
  family: string,
  registry: Readonly<Record<string, K>>,
  value: unknown,
  yaml: DecodedYaml,
  path: Path,
  outer: readonly string[],
  problems: Problems,
): { kind: string; definition: K; spec: unknown; place: string } | undefined {
  const { file } = yaml.source
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.add(file, `expected a mapping with "kind:", got ${JSON.stringify(value)}`, yaml.position(path))
    return undefined
  }
  const { kind, ...rest } = value as Record<string, unknown>
  const definition = typeof kind === 'string' && Object.hasOwn(registry, kind) ? registry[kind] : undefined
  if (definition === undefined) {
    const known = Object.keys(registry)
    const message =
      kind === undefined
        ? `a ${family} without "kind:". Known: ${known.join(', ')}`
        : unknownName(`${family} kind`, String(kind), known)
    problems.add(file, message, yaml.position([...path, 'kind']))
    return undefined
  }
  for (const key of outer) delete rest[key]
  const schema = definition.spec
  const spec = decode(schema, rest, yaml, path, problems)
  return spec === undefined ? undefined : { kind: String(kind), definition, spec, place: yaml.place(path) }
}
