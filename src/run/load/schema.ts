import { z } from 'zod'
import type { Kind } from '../../model/kind.ts'
import { jsonSchemaOf } from './decode.ts'
import { type Family, writable } from './registries.ts'
import { drillShape, faultKeys, probeKeys, scenarioShape, stepKeys, timingKeys } from './shape.ts'

type Json = Record<string, unknown>

/** JSON Schema (2020-12) of a scenario file, for editors: the frame, and one alternative for each kind. */
export function scenarioJsonSchema(): Json {
  const frame = jsonSchemaOf(scenarioShape) as { properties: Record<string, Json> }
  const of = (family: Family): Json => ({ $ref: `#/$defs/${family}` })
  const properties = {
    ...frame.properties,
    services: { ...frame.properties['services'], additionalProperties: of('service') },
    probes: { ...frame.properties['probes'], additionalProperties: of('probe') },
    faults: { ...frame.properties['faults'], items: of('fault') },
    recover: { ...frame.properties['recover'], items: of('action') },
    ...Object.fromEntries(
      ['steady', 'expect', 'after'].map(list => [list, { ...frame.properties[list], items: of('expectation') }]),
    ),
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Genesis Drill scenario',
    ...frame,
    properties,
    $defs: {
      service: alternatives('service', {}),
      probe: alternatives('probe', probeKeys),
      fault: alternatives('fault', faultKeys),
      action: alternatives('action', stepKeys),
      expectation: alternatives('expectation', timingKeys),
    },
  }
}

export function drillJsonSchema(formats: readonly string[]): Json {
  const frame = jsonSchemaOf(drillShape) as { properties: { report: { properties: Record<string, Json> } } }
  frame.properties.report.properties['formats'] = { type: 'array', items: { enum: formats } }
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Genesis Drill drill', ...frame }
}

function alternatives(family: Family, outer: z.ZodRawShape): Json {
  return { anyOf: Object.entries(writable(family)).map(([name, kind]) => alternative(name, kind, outer)) }
}

function alternative(name: string, kind: Kind<unknown>, outer: z.ZodRawShape): Json {
  const own = jsonSchemaOf(kind.spec) as { properties?: Json; required?: string[] }
  const around = jsonSchemaOf(z.object(outer)) as { properties?: Json }
  return {
    ...own,
    description: kind.summary,
    properties: { kind: { const: name, description: kind.summary }, ...own.properties, ...around.properties },
    required: ['kind', ...(own.required ?? [])],
    additionalProperties: false,
  }
}
