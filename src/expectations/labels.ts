import type { LabelPatterns } from '../model/fields.ts'
import type { Labels } from '../model/timeline.ts'
import { matchesRegex, regexProblem } from '../promql/regex.ts'

/** Do the labels have what the patterns name? Others do not matter; a label that is absent is the empty text, as Prometheus sees it. */
export function matches(labels: Labels, patterns: LabelPatterns): boolean {
  return Object.entries(patterns).every(([name, pattern]) => {
    const value = labels[name] ?? ''
    return typeof pattern === 'string' ? value === pattern : matchesRegex(pattern.matches, value)
  })
}

/** Throws for a pattern that is no RE2 regular expression, naming it: it would silently match nothing. */
export function requireRegexes(patterns: LabelPatterns): void {
  for (const [name, pattern] of Object.entries(patterns)) {
    if (typeof pattern === 'string') continue
    const problem = regexProblem(pattern.matches)
    if (problem !== undefined) throw new Error(`${name}: "${pattern.matches}" is no regular expression: ${problem}`)
  }
}

/** `{severity="critical", job=~"a|b"}` as people read it; empty for no pattern. */
export function describePatterns(patterns: LabelPatterns): string {
  const parts = Object.entries(patterns).map(([name, pattern]) =>
    typeof pattern === 'string' ? `${name}="${pattern}"` : `${name}=~"${pattern.matches}"`,
  )
  return parts.length === 0 ? '' : ` {${parts.join(', ')}}`
}

/** `{instance="a", severity="critical"}` without the name of the alert, which stands beside it. */
export function describeLabels(labels: Labels): string {
  const parts = Object.entries(labels)
    .filter(([name]) => name !== 'alertname')
    .map(([name, value]) => `${name}="${value}"`)
  return `{${parts.join(', ')}}`
}
