/** Does the RE2 pattern match the whole value, as Prometheus and Alertmanager match? False for a pattern that is none. */
export function matchesRegex(pattern: string, value: string): boolean {
  throw new Error(`not built yet ${pattern} ${value}`)
}
/** Why it is no RE2 pattern; undefined when it is one. */
export function regexProblem(pattern: string): string | undefined {
  throw new Error(`not built yet ${pattern}`)
}
/** A value that the pattern matches whole and that `avoid` does not refuse; the shortest plain one found, undefined when none is found. */
export function exampleFor(pattern: string, avoid?: (value: string) => boolean): string | undefined {
  throw new Error(`not built yet ${pattern} ${avoid}`)
}
