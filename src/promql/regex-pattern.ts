/** The shape of an RE2 pattern, as far as building a matching value needs it. */
export type Pattern =
  | { readonly type: 'text'; readonly text: string }
  /** One character of a class, kept as written: `[a-z]`, `\d`, `.`. */
  | { readonly type: 'class'; readonly source: string }
  | { readonly type: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly type: 'either'; readonly parts: readonly Pattern[] }
  | { readonly type: 'repeat'; readonly part: Pattern; readonly least: number; readonly most: number }

const EMPTY: Pattern = { type: 'text', text: '' }

/** The pattern must be one that RE2 accepts. */
export function parsePattern(source: string): Pattern {
  return new PatternReader(source).either()
}

class PatternReader {
  readonly #source: string
  #at = 0
  constructor(source: string) {
    this.#source = source
  }

  either(): Pattern {
    const parts = [this.#sequence()]
    while (this.#take('|')) parts.push(this.#sequence())
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { type: 'either', parts }
  }

  #rest(): string {
    return this.#source.slice(this.#at)
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #match(shape: RegExp): RegExpExecArray | undefined {
    const match = shape.exec(this.#rest())
    if (match === null) return undefined
    this.#at += match[0].length
    return match
  }

  #sequence(): Pattern {
    const parts: Pattern[] = []
    while (this.#at < this.#source.length && !/^[|)]/.test(this.#rest())) {
      const atom = this.#atom()
      parts.push(this.#repeated(atom))
    }
    return { type: 'sequence', parts }
  }

  #repeated(atom: Pattern): Pattern {
    const match = this.#match(/^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/)
    if (match === undefined) return atom
    const [, sign, least, comma, most] = match
    const infinite = Number.POSITIVE_INFINITY
    const limits =
      sign === undefined
        ? [Number(least), most ? Number(most) : comma ? infinite : Number(least)]
        : { '*': [0, infinite], '+': [1, infinite], '?': [0, 1] }[sign]
    return this.#repeated({ type: 'repeat', part: atom, least: limits?.[0] ?? 0, most: limits?.[1] ?? infinite })
  }

  #atom(): Pattern {
    if (this.#match(/^\((?:\?[a-zA-Z-]*:|\?P?<\w+>)?(?!\?)/) !== undefined) {
      const inner = this.either()
      this.#take(')')
      return inner
    }
    if (this.#match(/^\(\?[a-zA-Z-]+\)/) !== undefined) return EMPTY
    const set = this.#match(/^\[\^?\]?(?:\[:\^?\w+:\]|\\[pP]\{[^}]*\}|\\[\s\S]|[^\]\\])*\]/)
    if (set !== undefined) return { type: 'class', source: set[0] }
    if (this.#match(/^(?:[$^]|\\[AzbB])/) !== undefined) return EMPTY
    const quoted = this.#match(/^\\Q([\s\S]*?)(?:\\E|$)/)
    if (quoted !== undefined) return { type: 'text', text: quoted[1] ?? '' }
    const known = this.#match(/^(?:\.|\\[dDwWsS]|\\[pP](?:\{[^}]*\}|\w))/)
    if (known !== undefined) return { type: 'class', source: known[0] }
    const code = this.#match(/^\\x(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{2}))/)
    if (code !== undefined)
      return { type: 'text', text: String.fromCodePoint(Number.parseInt(code[1] ?? code[2] ?? '', 16)) }
    const escaped = this.#match(/^\\([\s\S])/)
    if (escaped !== undefined) return { type: 'text', text: CONTROLS[escaped[1] ?? ''] ?? escaped[1] ?? '' }
    return { type: 'text', text: this.#match(/^[\s\S]/u)?.[0] ?? '' }
  }
}

const CONTROLS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\u0007' }
