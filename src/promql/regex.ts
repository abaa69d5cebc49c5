import { RE2JS } from 're2js'
import { type Pattern, parsePattern } from './regex-pattern.ts'

/** Does the RE2 pattern match the whole value, as Prometheus and Alertmanager match? False for a pattern that is none. */
export function matchesRegex(pattern: string, value: string): boolean {
  const compiled = compile(pattern)
  return typeof compiled !== 'string' && compiled.matches(value)
}

/** Why it is no RE2 pattern; undefined when it is one. */
export function regexProblem(pattern: string): string | undefined {
  const compiled = compile(pattern)
  return typeof compiled === 'string' ? compiled : undefined
}

/** Does a value (empty for a missing label) satisfy a label matcher? */
export function accepts(matcher: { readonly operator: string; readonly value: string }, value: string): boolean {
  switch (matcher.operator) {
    case '=':
      return value === matcher.value
    case '!=':
      return value !== matcher.value
    case '=~':
      return matchesRegex(matcher.value, value)
    default:
      return !matchesRegex(matcher.value, value)
  }
}

const ATTEMPTS = 4_000

/**
 * A value that the pattern matches whole and that `avoid` does not refuse: short and plain, and not empty when another one is found.
 * Undefined when none is found.
 */
export function exampleFor(pattern: string, avoid: (value: string) => boolean = () => false): string | undefined {
  if (regexProblem(pattern) !== undefined) return undefined
  const parsed = parsePattern(pattern)
  const tried = new Set<string>()
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const value = build(parsed, numbered(attempt))
    if (tried.has(value)) continue
    tried.add(value)
    if (value !== '' && matchesRegex(pattern, value) && !avoid(value)) return value
  }
  return matchesRegex(pattern, '') && !avoid('') ? '' : undefined
}

const compiled = new Map<string, RE2JS | string>()

function compile(pattern: string): RE2JS | string {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  if (compiled.size > 5_000) compiled.clear()
  const result = tryCompile(pattern)
  compiled.set(pattern, result)
  return result
}

function tryCompile(pattern: string): RE2JS | string {
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL)
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

/** Answers choices by the digits of a number in mixed base, so that counting up goes through all combinations. */
type Choose = (options: number) => number
function numbered(attempt: number): Choose {
  let rest = attempt
  return options => {
    const choice = rest % options
    rest = Math.floor(rest / options)
    return choice
  }
}

/** `before`: what stands in front of it; digits are continued by digits, so that `5..` becomes 500. */
function build(pattern: Pattern, choose: Choose, before = ''): string {
  switch (pattern.type) {
    case 'text':
      return pattern.text
    case 'class': {
      const all = charactersOf(pattern.source)
      const characters = isDigit(before.at(-1)) ? all.toSorted((a, b) => Number(isDigit(b)) - Number(isDigit(a))) : all
      return characters[choose(Math.max(1, characters.length))] ?? ''
    }
    case 'sequence':
      return pattern.parts.reduce((text, part) => text + build(part, choose, before + text), '')
    case 'either': {
      const part = pattern.parts[choose(pattern.parts.length)]
      return part === undefined ? '' : build(part, choose, before)
    }
    case 'repeat': {
      const { least, most } = pattern
      const usual = [Math.max(least, 1), least, least + 1, least + 2, least + 3, least + 7]
      const counts = [...new Set(usual)].filter(count => count >= least && count <= most)
      const count = counts[choose(Math.max(1, counts.length))] ?? least
      let text = ''
      for (let number = 0; number < count; number++) text += build(pattern.part, choose, before + text)
      return text
    }
  }
}

const isDigit = (character: string | undefined): boolean => /^[0-9]$/.test(character ?? '')

const ALPHABET = [
  ...'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  ...'-_./: ,;=+*#@!?$%&|~^<>()[]{}\'"`\\\t\n',
  ...'éßяλ漢',
]
const classes = new Map<string, readonly string[]>()

/** Asks the engine itself which characters a class such as `[^a-z\d]`, `\pL` or `.` takes. */
function charactersOf(source: string): readonly string[] {
  const known = classes.get(source)
  if (known !== undefined) return known
  const characters = ALPHABET.filter(character => matchesRegex(source, character))
  classes.set(source, characters)
  return characters
}
