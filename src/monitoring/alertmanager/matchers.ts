import { accepts, regexProblem } from '../../promql/regex.ts'
import type { Place } from '../located.ts'
import type { Entry, YamlSource } from '../yaml.ts'

export interface LabelMatcher {
  readonly label: string
  readonly operator: '=' | '!=' | '=~' | '!~'
  readonly value: string
  readonly place: Place
}

/** Missing labels count as empty, as in Alertmanager. */
export function matches(matcher: LabelMatcher, labels: Readonly<Record<string, string>>): boolean {
  return accepts(matcher, labels[matcher.label] ?? '')
}

/** As Alertmanager prints it: `severity="critical"`. */
export function formatMatcher({ label, operator, value }: Omit<LabelMatcher, 'place'>): string {
  return `${label}${operator}${JSON.stringify(value)}`
}

/** The three ways to write them: `matchers: [a="b"]` and, deprecated, `match: {a: b}` and `match_re: {a: b}`. */
export function readMatchers(
  source: YamlSource,
  keys: {
    readonly matchers: Entry | undefined
    readonly match: Entry | undefined
    readonly matchRe: Entry | undefined
  },
): LabelMatcher[] {
  const written = source.strings(keys.matchers, keys.matchers?.key ?? 'matchers').flatMap(text => {
    const parsed = parseMatchers(text.value)
    if (typeof parsed !== 'string') return parsed.map(matcher => ({ ...matcher, place: text }))
    source.problems.push({ file: source.file, line: text.line, column: text.column, message: parsed })
    return []
  })
  const old = (
    [
      [keys.match, '='],
      [keys.matchRe, '=~'],
    ] as const
  ).flatMap(([entry, operator]) =>
    source.entries(entry?.node, entry?.key ?? 'match').flatMap(inner => {
      const text = source.string(inner, inner.key)
      return text === undefined
        ? []
        : [{ label: inner.key, operator, value: text.value, place: source.place(inner.keyNode) }]
    }),
  )
  const all = [...written, ...old]
  for (const { label, operator, value, place } of all) {
    const problem = operator.endsWith('~') ? regexProblem(value) : undefined
    if (problem !== undefined)
      source.problems.push({
        file: source.file,
        line: place.line,
        column: place.column,
        message: `${label}${operator}${JSON.stringify(value)} is no RE2 pattern: ${problem}`,
      })
  }
  return all
}

const MATCHER =
  /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s=!~{},"]+))\s*(=~|!=|!~|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^,"{}]*?))\s*(?:,|$)/sy

/** `a="b", c=~"d|e"`, braces and quotes optional; what is wrong with it as a text. */
export function parseMatchers(text: string): Omit<LabelMatcher, 'place'>[] | string {
  const inner = text.trim().replace(/^\{([\s\S]*)\}$/, '$1')
  const matchers: Omit<LabelMatcher, 'place'>[] = []
  MATCHER.lastIndex = 0
  while (MATCHER.lastIndex < inner.length) {
    const match = MATCHER.exec(inner)
    if (match === null) return `expected matchers such as severity="critical", got ${JSON.stringify(text)}`
    const [, quotedLabel, label, operator, quoted, plain] = match
    matchers.push({
      label: label ?? plainText(quotedLabel ?? ''),
      operator: operator as LabelMatcher['operator'],
      value: quoted === undefined ? (plain ?? '') : plainText(quoted),
    })
  }
  return matchers
}

function plainText(text: string): string {
  return text.replace(/\\(.)/gs, (whole, letter: string) =>
    letter === 'n' ? '\n' : `"\\`.includes(letter) ? letter : whole,
  )
}
