const SIMPLE: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

/** The value of a PromQL string literal with its quotes (Go's escapes); undefined when it is not well formed. */
export function unquote(literal: string): string | undefined {
  const quote = literal[0]
  if (quote === undefined || literal.length < 2 || !`"'\``.includes(quote) || !literal.endsWith(quote)) return undefined
  const inner = literal.slice(1, -1)
  if (quote === '`') return inner.includes('`') ? undefined : inner
  let value = ''
  for (let index = 0; index < inner.length; index++) {
    const character = inner[index] ?? ''
    if (character === quote || character === '\n') return undefined
    if (character !== '\\') {
      value += character
      continue
    }
    const escaped = escapeAt(inner, index + 1)
    if (escaped === undefined) return undefined
    value += escaped.value
    index += escaped.length
  }
  return value
}

function escapeAt(text: string, at: number): { value: string; length: number } | undefined {
  const letter = text[at] ?? ''
  const simple = SIMPLE[letter]
  if (simple !== undefined) return { value: simple, length: 1 }
  const shapes: Readonly<Record<string, RegExp>> = {
    x: /^x([0-9a-fA-F]{2})/,
    u: /^u([0-9a-fA-F]{4})/,
    U: /^U([0-9a-fA-F]{8})/,
  }
  const match = (shapes[letter] ?? /^([0-7]{3})/).exec(text.slice(at, at + 9))
  if (match?.[1] === undefined) return undefined
  const code = Number.parseInt(match[1], letter in shapes ? 16 : 8)
  if (code > 0x10ffff) return undefined
  return { value: String.fromCodePoint(code), length: match[0].length }
}

/** A value as a PromQL string literal. */
export function quote(value: string): string {
  return JSON.stringify(value)
}
