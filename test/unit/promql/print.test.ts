import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readRuleFile } from '../../../src/monitoring/rules/read.ts'
import { parsePromql } from '../../../src/promql/parse.ts'
import { print } from '../../../src/promql/print.ts'

/** A tree without its places. */
function shape(value: unknown): unknown {
  const places = new Set(['from', 'to', 'operatorSpan', 'nameSpan', 'valueSpan', 'braces', 'duration'])
  return JSON.parse(
    JSON.stringify(value, (key, inner) =>
      places.has(key) ? undefined : typeof inner === 'number' ? String(inner) : inner,
    ),
  )
}

const name = fc.constantFrom('up', 'http_requests_total', 'a:b', 'sum', 'offset_x')
const label = fc.constantFrom('job', 'instance', 'le', 'a.b')
const text = fc.string({ maxLength: 8 })
const duration = fc.constantFrom('5m', '1h30m', '250ms', '30s')
const matcher = fc
  .tuple(label, fc.constantFrom('=', '!=', '=~', '!~'), text)
  .map(
    ([key, operator, value]) => `${key.includes('.') ? JSON.stringify(key) : key}${operator}${JSON.stringify(value)}`,
  )
const selector = fc
  .tuple(name, fc.array(matcher, { maxLength: 2 }))
  .map(([metric, all]) => `${metric}{${all.join(',')}}`)
const shifted = fc
  .tuple(selector, fc.option(duration), fc.option(fc.constantFrom('start()', 'end()', '12.5')))
  .map(([inner, offset, at]) => `${inner}${offset === null ? '' : ` offset ${offset}`}${at === null ? '' : ` @ ${at}`}`)

const { expression } = fc.letrec<{ expression: string }>(tie => ({
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    shifted,
    fc
      .double({ noNaN: true })
      .map(String)
      .map(number => number.replace('Infinity', 'Inf')),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('+', '-', '*', '/', '^', '==', '> bool', 'and', 'or on (job)', '* ignoring (a) group_left (b)'),
        tie('expression'),
      )
      .map(([left, operator, right]) => `${left} ${operator} ${right}`),
    tie('expression').map(inner => `(${inner})`),
    tie('expression').map(inner => `-${inner}`),
    fc
      .tuple(fc.constantFrom('rate', 'increase', 'max_over_time'), selector, duration)
      .map(([call, inner, range]) => `${call}(${inner}[${range}])`),
    fc.tuple(tie('expression'), duration).map(([inner, range]) => `max_over_time((${inner})[${range}:])`),
    fc
      .tuple(fc.constantFrom('sum', 'topk', 'count_values'), tie('expression'))
      .map(([operator, inner]) =>
        operator === 'sum'
          ? `sum without (job) (${inner})`
          : `${operator}(${operator === 'topk' ? '3' : '"v"'}, ${inner}) by (le)`,
      ),
  ),
}))

it('printing and parsing again gives the same tree', () => {
  fc.assert(
    fc.property(expression, written => {
      const parsed = parsePromql(written)
      if ('error' in parsed) throw new Error(`${parsed.error}: ${written}`)
      expect(shape(parsePromql(print(parsed)))).toEqual(shape(parsed))
    }),
    { numRuns: 300 },
  )
})

it('holds for every rule of the fixtures', () => {
  const folder = new URL('../../fixtures/rules/', import.meta.url)
  const files = readdirSync(folder).filter(file => file.endsWith('.yml'))
  const rules = files.flatMap(file =>
    readRuleFile(readFileSync(new URL(file, folder), 'utf8'), file).file.groups.flatMap(group => group.rules),
  )
  expect(rules.length).toBe(104)
  for (const rule of rules) expect(shape(parsePromql(print(rule.expression)))).toEqual(shape(rule.expression))
})
