import { describe, expect, it } from 'vitest'
import { accepts, exampleFor, matchesRegex, regexProblem } from '../../../src/promql/regex.ts'

it('matches the whole value, as Prometheus does', () => {
  expect(matchesRegex('a|b', 'b')).toBe(true)
  expect(matchesRegex('a|b', 'ab')).toBe(false)
  expect(matchesRegex('.*', 'two\nlines')).toBe(true)
  expect(accepts({ operator: '!~', value: 'tmp.*' }, '')).toBe(true)
})

it('says what is wrong with a pattern', () => {
  expect(regexProblem('a(b')).toContain('missing')
  expect(regexProblem('(?=a)b')).toBeDefined()
  expect(regexProblem('(a|b)+')).toBeUndefined()
})

describe('finds a value for', () => {
  it.each([
    'a|b',
    '.+',
    '^(fuse.*|tmpfs|cifs|nfs)$',
    '[^a-z]{2}',
    String.raw`\d{3}-\w+\.example\.(com|org)`,
    '(?i)error',
    '[[:digit:]]+[[:alpha:]]?',
    String.raw`\Qa.b\E[xyz]`,
    '(?P<env>prod|dev)-[0-9]+',
    String.raw`\p{L}+\x41`,
    '5..',
    '[]a]+',
    '(a|b)(c|d)(e|f)',
    String.raw`192\.168(\.\d{1,3}){2}:9[0-9]{3}`,
  ])('%s', pattern => {
    const value = exampleFor(pattern)
    expect(value).toBeTruthy()
    expect(matchesRegex(pattern, value ?? '')).toBe(true)
  })

  it('that is none of those to be avoided', () => {
    expect(exampleFor('template.*|postgres|app', value => /^(template|postgres)/.test(value))).toBe('app')
    expect(exampleFor('a|b', value => value === 'a' || value === 'b')).toBeUndefined()
    expect(exampleFor('.*', value => value.length < 3)).toBeTruthy()
  })

  it('and gives the empty one only when there is no other', () => {
    expect(exampleFor('')).toBe('')
    expect(exampleFor('a*')).toBe('a')
    expect(exampleFor('5..|4[0-9]+')).toBe('500')
    expect(exampleFor('a(')).toBeUndefined()
  })
})
