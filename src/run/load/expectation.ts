import { z } from 'zod'
import { decode, decodeKind } from './decode.ts'
import { registries } from './registries.ts'
import type { TimedExpectation, Timing } from './scenario.ts'
import { timingKeys } from './shape.ts'
import type { DecodedYaml, Problems } from './source.ts'

const timingShape = z.object(timingKeys)
const TIMING = Object.keys(timingKeys)

/** One mapping of `steady`, `expect` or `after`: its kind, and when it must hold. */
export function decodeExpectation(
  value: unknown,
  yaml: DecodedYaml,
  path: readonly PropertyKey[],
  problems: Problems,
): TimedExpectation | undefined {
  const chosen = decodeKind('expectation', registries.expectation, value, yaml, path, TIMING, problems)
  if (typeof value !== 'object' || value === null) return undefined
  const written = Object.fromEntries(Object.entries(value).filter(([key]) => TIMING.includes(key)))
  const keys = decode(timingShape, written, yaml, path, problems)
  if (Object.keys(written).length > 1)
    problems.add(
      yaml.source.file,
      `expected at most one of ${TIMING.join(', ')}; got ${Object.keys(written).join(' and ')}`,
      yaml.position(path),
    )
  if (chosen === undefined || keys === undefined) return undefined
  if (keys.between !== undefined && keys.between[0] > keys.between[1])
    problems.add(
      yaml.source.file,
      'between: the first instant is after the second',
      yaml.position([...path, 'between']),
    )
  return { kind: chosen.kind, spec: chosen.spec, place: chosen.place, timing: timingOf(keys), text: oneLine(value) }
}

function timingOf(keys: z.output<typeof timingShape>): Timing {
  if (keys.within !== undefined) return { when: 'within', until: keys.within }
  if (keys.between !== undefined) return { when: 'between', from: keys.between[0], until: keys.between[1] }
  if (keys.throughout !== undefined) return { when: 'throughout', until: keys.throughout }
  if (keys.never !== undefined) return { when: 'never', until: keys.never === true ? 'end' : keys.never }
  return { when: 'now' }
}

/** `alert HighReplicationLag, state: firing, within: 7m`: the mapping as its author wrote it, on one line. */
function oneLine(value: object): string {
  const { kind, ...rest } = value as Record<string, unknown>
  const parts = Object.entries(rest).map(([key, part]) => `${key}: ${flow(part)}`)
  return [String(kind), ...parts].join(', ')
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, part]) => `${key}: ${flow(part)}`)
      .join(', ')} }`
  return String(value)
}
