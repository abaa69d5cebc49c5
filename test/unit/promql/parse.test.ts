import { describe, expect, it } from 'vitest'
import { parsePromql } from '../../../src/promql/parse.ts'
import { print } from '../../../src/promql/print.ts'
import type { Expression } from '../../../src/promql/tree.ts'

function tree(text: string): Expression {
  const parsed = parsePromql(text)
  if ('error' in parsed) throw new Error(parsed.error)
  return parsed
}

/** Operations with all their parentheses. */
function grouped(expression: Expression): string {
  if (expression.type === 'binary')
    return `(${grouped(expression.left)} ${expression.operator} ${grouped(expression.right)})`
  if (expression.type === 'unary') return `(${expression.operator}${grouped(expression.expression)})`
  if (expression.type === 'subquery') return `${grouped(expression.expression)}[:]`
  return print(expression)
}

describe('precedence', () => {
  it.each([
    ['a + b * c', '(a + (b * c))'],
    ['a - b - c', '((a - b) - c)'],
    ['a ^ b ^ c', '(a ^ (b ^ c))'],
    ['-a ^ b', '(-(a ^ b))'],
    ['-1 ^ 2', '(-(1 ^ 2))'],
    ['2 ^ -1', '(2 ^ -1)'],
    ['-a * b', '((-a) * b)'],
    ['a or b and c unless d', '(a or ((b and c) unless d))'],
    ['a > 1 and b < 2', '((a > 1) and (b < 2))'],
    ['a + b offset 5m * c', '(a + (b offset 5m * c))'],
    ['a / b @ 7', '(a / b @ 7)'],
    ['a + b[1h:]', '(a + b[:])'],
    ['-a offset 1m', '(-a offset 1m)'],
    ['a -1', '(a - 1)'],
  ])('%s', (text, expected) => {
    expect(grouped(tree(text))).toBe(expected)
  })
})

describe('what it holds', () => {
  it('keeps matchers, ranges, offsets and @ with their places', () => {
    const text = 'rate( http_requests_total{job=~"a|b", "x.y"!=\'z\'}[5m] offset -1h @ start() )'
    const call = tree(text)
    if (call.type !== 'call' || call.args[0]?.type !== 'matrix') throw new Error('expected rate(matrix)')
    const { selector, range } = call.args[0]
    expect(selector.name).toBe('http_requests_total')
    expect(selector.matchers.map(({ label, operator, value }) => [label, operator, value])).toEqual([
      ['job', '=~', 'a|b'],
      ['x.y', '!=', 'z'],
    ])
    expect(selector.matchers.map(({ valueSpan: { from, to } }) => text.slice(from, to))).toEqual(['"a|b"', "'z'"])
    expect([range.seconds, text.slice(range.from, range.to)]).toEqual([300, '5m'])
    expect([selector.offset?.seconds, selector.at?.at]).toEqual([-3600, 'start'])
  })

  it('reads numbers as Prometheus does, durations included', () => {
    const value = (text: string) => {
      const number = tree(text)
      return number.type === 'number' ? number.value : undefined
    }
    expect(['1_000', '0x1F', '1e3', '.5', '-Inf', '5m', '-3'].map(value)).toEqual([
      1000,
      31,
      1000,
      0.5,
      -Infinity,
      300,
      -3,
    ])
    expect(value('NaN')).toBeNaN()
  })

  it('computes duration expressions, and tells those that depend on the query', () => {
    const seconds = (text: string) => {
      const matrix = tree(text)
      return matrix.type === 'matrix' ? matrix.range.seconds : 'no range'
    }
    expect(seconds('a[10m - 2 * 60]')).toBe(480)
    expect(seconds('a[max_of(5m, 1h)]')).toBe(3600)
    expect(seconds('a[step() + 5m]')).toBeUndefined()
  })

  it('knows quoted metric names, grouping, matching with group_left, comments and both names of exponential smoothing', () => {
    const text = `# comment
      sum by (job, "a.b") ({"foo.bar"}) / on (job) group_left (team) holt_winters(x[1h], 0.5, 0.5) # end`
    expect(print(tree(text))).toBe(
      'sum by (job, "a.b") ({"foo.bar"}) / on (job) group_left (team) holt_winters(x[1h], 0.5, 0.5)',
    )
  })

  it('decodes the escapes of strings', () => {
    const text = 'a{b="tab\\t \\" é \\x41"} and c{d=`raw\\n`}'
    const [first, second] = [tree(text)].flatMap(node => (node.type === 'binary' ? [node.left, node.right] : []))
    expect([first, second].map(node => node?.type === 'selector' && node.matchers[0]?.value)).toEqual([
      'tab\t " é A',
      'raw\\n',
    ])
  })
})

describe('errors', () => {
  it.each([
    ['', 'the expression is empty', 1, 1],
    ['x >', 'the expression ends too early', 1, 4],
    ['sum(rate(x[5m])', 'the expression ends too early', 1, 16],
    ['foo(bar)', 'unexpected "("', 1, 4],
    ['x\n> )', 'unexpected ")"', 2, 3],
    ['sum(x)[5m]', 'ranges are only allowed for vector selectors', 1, 1],
    ['sum(x) offset 5m', 'offset and @ may only follow a selector or a subquery', 1, 1],
    ['x offset 5m offset 6m', 'offset is given twice', 1, 1],
    ['{"a", "b"}', 'the metric name is given twice', 1, 7],
  ])('%j: %s', (text, error, line, column) => {
    expect(parsePromql(text)).toMatchObject({ error, line, column })
  })

  it('refuses a bomb of parentheses with words, not with a crash', () => {
    const nested = (depth: number) => parsePromql(`${'('.repeat(depth)}x${')'.repeat(depth)}`)
    expect(nested(200)).toHaveProperty('type', 'paren')
    expect(nested(20_000)).toHaveProperty('error')
  })
})
