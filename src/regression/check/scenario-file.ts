import { isNode, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { alertExpectation } from '../../model/alert-expectation.ts'
import { type Problem, ScenarioError } from '../../model/errors.ts'
import { duration, timing } from '../../model/fields.ts'
import type { CheckFile } from './collect.ts'

/** A scenario as far as its simulation needs it; the rest of the file is for the run to read. */
export interface PlayedScenario {
  readonly name: string
  readonly line: number
  readonly rules: readonly string[]
  /** Seconds. */
  readonly scrapeInterval: number
  readonly evaluationInterval: number
  readonly externalLabels: Readonly<Record<string, string>>
  readonly steadyFor: number
  readonly observe: number
  /** Series by name, with the seconds between two values and the second at which they begin to play. */
  readonly series: readonly {
    readonly name: string
    readonly values: string
    readonly interval: number
    readonly at: number
    readonly line: number
  }[]
  /** Do the series show their first values again when the scenario recovers? */
  readonly resets: boolean
  readonly steady: readonly Expected[]
  readonly expect: readonly Expected[]
  readonly after: readonly Expected[]
}

export type Expected = { readonly line: number; readonly text: string; readonly timing: Timing } & (
  | { readonly kind: 'alert'; readonly alert: z.output<typeof alertExpectation> }
  | { readonly kind: 'quiet'; readonly except: readonly string[] }
  /** Only a live run can tell. */
  | { readonly kind: 'other'; readonly name: string }
)

export interface Timing {
  readonly when: 'now' | 'within' | 'between' | 'throughout' | 'never'
  /** Seconds. */
  readonly from: number
  readonly until: number
}

const service = z.looseObject({ kind: z.string() })
const listed = z.array(z.looseObject({ kind: z.string() })).default([])
const shape = z.looseObject({
  scenario: z.string(),
  monitoring: z.looseObject({
    rules: z.array(z.string()).default([]),
    scrapeInterval: duration.default(15),
    evaluationInterval: duration.optional(),
    externalLabels: z.record(z.string(), z.string()).default({}),
  }),
  services: z.record(z.string(), service),
  steadyFor: duration.default(0),
  observe: duration.default(0),
  faults: listed,
  steady: listed,
  expect: listed,
  recover: listed,
  after: listed,
})
const played = z.looseObject({ series: z.record(z.string(), z.string()), interval: duration.default(60) })
const playing = z.looseObject({ service: z.string(), at: duration.default(0) })
const quiet = z.looseObject({ except: z.array(z.string()).default([]) })
const timed = z.object(timing)

/** Undefined, with the reason, when only a live run can play it. Throws ScenarioError when the file is wrong. */
export function readScenario({ file, text }: CheckFile): PlayedScenario | { readonly live: string } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent', prettyErrors: false, merge: true })
  const position = (path: readonly PropertyKey[]) => {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range) return lines.linePos(node.range[0])
    }
    return { line: 1, col: 1 }
  }
  const problems: Problem[] = document.errors.map(({ pos, message }) => {
    const { line, col } = lines.linePos(pos[0])
    return { file, line, column: col, message }
  })
  const decode = <Output>(
    schema: z.ZodType<Output>,
    value: unknown,
    path: readonly PropertyKey[],
  ): Output | undefined => {
    const result = schema.safeParse(value)
    for (const issue of result.error?.issues ?? []) {
      const { line, col } = position([...path, ...issue.path])
      problems.push({ file, line, column: col, message: `${[...path, ...issue.path].join('.')}: ${issue.message}` })
    }
    return result.data
  }
  const top = problems.length > 0 ? undefined : decode(shape, document.toJS(), [])
  if (top === undefined) throw new ScenarioError(problems)
  const real = Object.entries(top.services).find(([, { kind }]) => kind !== 'series')
  if (real !== undefined) return { live: `its service ${real[0]} (${real[1].kind}) is no played series: run it` }
  const fault = top.faults.find(({ kind }) => kind !== 'play')
  if (fault !== undefined) return { live: `its fault ${fault.kind} needs a live run` }
  const starts = new Map(
    top.faults.flatMap((value, index) => {
      const play = decode(playing, value, ['faults', index])
      return play === undefined ? [] : [[play.service, play.at] as const]
    }),
  )
  const series = Object.entries(top.services).flatMap(([name, value]) => {
    const own = decode(played, value, ['services', name])
    return Object.entries(own?.series ?? {}).map(([series, values]) => ({
      name: series,
      values,
      interval: own?.interval || 60,
      at: starts.get(name) ?? (starts.size === 0 ? 0 : Number.POSITIVE_INFINITY),
      line: position(['services', name, 'series', series]).line,
    }))
  })
  const expectations = (list: 'steady' | 'expect' | 'after') =>
    top[list].flatMap((value, index): Expected[] => {
      const path = [list, index]
      const {
        kind,
        within: _w,
        between: _b,
        throughout: _t,
        never: _n,
        ...rest
      } = value as Record<string, unknown> & { kind: string }
      const basis = { line: position(path).line, text: asWritten(value), timing: timingOf(decode(timed, value, path)) }
      if (kind === 'alert') {
        const alert = decode(alertExpectation, rest, path)
        return alert === undefined ? [] : [{ ...basis, kind, alert }]
      }
      if (kind === 'quiet') return [{ ...basis, kind, except: decode(quiet, rest, path)?.except ?? [] }]
      return [{ ...basis, kind: 'other', name: kind }]
    })
  const scenario: PlayedScenario = {
    name: top.scenario,
    line: position(['scenario']).line,
    rules: top.monitoring.rules,
    scrapeInterval: top.monitoring.scrapeInterval || 15,
    evaluationInterval: top.monitoring.evaluationInterval || top.monitoring.scrapeInterval || 15,
    externalLabels: top.monitoring.externalLabels,
    steadyFor: top.steadyFor,
    observe: top.observe,
    series,
    resets: top.recover.some(({ kind }) => kind === 'rollback'),
    steady: expectations('steady'),
    expect: expectations('expect'),
    after: expectations('after'),
  }
  if (problems.length > 0) throw new ScenarioError(problems)
  return scenario
}

function timingOf(keys: z.output<typeof timed> | undefined): Timing {
  if (keys?.within !== undefined) return { when: 'within', from: 0, until: keys.within }
  if (keys?.between !== undefined) return { when: 'between', from: keys.between[0], until: keys.between[1] }
  if (keys?.throughout !== undefined) return { when: 'throughout', from: 0, until: keys.throughout }
  if (keys?.never !== undefined)
    return { when: 'never', from: 0, until: keys.never === true ? Number.POSITIVE_INFINITY : keys.never }
  return { when: 'now', from: 0, until: 0 }
}

function asWritten(value: object): string {
  return Object.entries(value)
    .map(([key, part]) =>
      key === 'kind' ? String(part) : `${key}: ${typeof part === 'string' ? part : JSON.stringify(part)}`,
    )
    .join(', ')
}
