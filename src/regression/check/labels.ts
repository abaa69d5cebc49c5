import type { Labels } from '../../model/timeline.ts'

/** An alert as promtool prints it. */
export interface PrintedAlert {
  readonly labels: Labels
  readonly annotations: Labels
}

/** `{a="b", "c.d"="e"}` or `metric{...}` as promtool prints it, in Go's quoting; undefined when it is not that. */
export function readLabels(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {}
  const start = /^\s*([^\s{"]*)\{/.exec(text)
  if (start === null) return /^[a-zA-Z_:][\w:]*$/.test(text.trim()) ? { __name__: text.trim() } : undefined
  if (start[1]) labels['__name__'] = start[1]
  const pair = /\s*(?:("(?:[^"\\]|\\.)*")|([a-zA-Z_][\w.:]*))\s*(=\s*("(?:[^"\\]|\\.)*"))?\s*(,|\})/y
  pair.lastIndex = start[0].length
  if (text[pair.lastIndex] === '}') return labels
  for (let match = pair.exec(text); match !== null; match = pair.exec(text)) {
    const [, quoted, bare, , value, end] = match
    const name = quoted === undefined ? (bare ?? '') : unquoteGo(quoted)
    if (value === undefined) labels['__name__'] = name
    else labels[name] = unquoteGo(value)
    if (end === '}') return labels
  }
  return undefined
}

/** The list of `Labels:{...}` and `Annotations:{...}` lines. */
export function readAlerts(list: string): PrintedAlert[] {
  const alerts: { labels: Labels; annotations: Labels }[] = []
  for (const line of list.split('\n')) {
    const [, what, rest = ''] = /^(Labels|Annotations):(.*?),?$/.exec(line.trim()) ?? []
    if (what === 'Labels') alerts.push({ labels: readLabels(rest) ?? {}, annotations: {} })
    const last = alerts.at(-1)
    if (what === 'Annotations' && last !== undefined) last.annotations = readLabels(rest) ?? {}
  }
  return alerts
}

/** `a="b", c="d"` without the names left out. */
export function showLabels(labels: Labels, without: readonly string[] = []): string {
  const shown = Object.entries(labels).filter(([name]) => !without.includes(name))
  return `{${shown.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`
}

function unquoteGo(quoted: string): string {
  const inner = quoted.slice(1, -1)
  return inner.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/g, (_, letters: string) => {
    if (/^[xuU]./.test(letters) && letters.length > 1)
      return String.fromCodePoint(Number.parseInt(letters.slice(1), 16))
    return { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' }[letters] ?? letters
  })
}
