/** One thing that promtool found wrong, taken apart as far as its text allows. */
export type Failure =
  | {
      readonly what: 'alert'
      readonly alert: string
      readonly at: string
      readonly expected: string
      readonly got: string
      readonly text: string
    }
  | {
      readonly what: 'expression'
      readonly expr: string
      readonly at: string
      readonly expected: string
      readonly got: string
      readonly text: string
    }
  | {
      readonly what: 'expression error'
      readonly expr: string
      readonly at: string
      readonly error: string
      readonly text: string
    }
  /** A rule could not be evaluated. */
  | { readonly what: 'rule'; readonly rule: string; readonly at: string; readonly error: string; readonly text: string }
  /** Anything else: the file, a rule file or a series was refused. */
  | { readonly what: 'refusal'; readonly text: string }

const ALERT = /^(?:name: .*,\n\s*)?alertname: (.*), time: (\S+), \n\s*exp:([\s\S]*?), \n\s*got:([\s\S]*)$/
const EXPRESSION = /^(?:name: .*,\n\s*)?expr: ("(?:[^"\\]|\\.)*"), time: (\S+),\n\s*exp:([\s\S]*?)\n\s*got:([\s\S]*)$/
const EXPRESSION_ERROR = /^(?:name: .*,\n\s*)?expr: ("(?:[^"\\]|\\.)*"), time: (\S+), err: ([\s\S]*)$/
const RULE = /^(?:name: .*,\n\s*)?rule: (.*), time: (\S+), err: ([\s\S]*)$/

/** The failures in what promtool wrote after FAILED. 2.42 and 3.5 write alike. */
export function readFailures(text: string): Failure[] {
  const pieces = `${text}\n`.split(/^ {4}(?=(?:alertname|expr|rule|name): )/m)
  const joined: string[] = []
  for (const piece of pieces) {
    const last = joined.at(-1)
    // A named test's failure begins with its name on a line of its own.
    if (last !== undefined && /^name: .*,\n$/.test(last)) joined[joined.length - 1] = last + piece
    else joined.push(piece)
  }
  return joined
    .map(piece => piece.trim())
    .filter(piece => piece !== '')
    .map(readFailure)
}

function readFailure(text: string): Failure {
  const alert = ALERT.exec(text)
  if (alert !== null) {
    const [, name = '', at = '', expected = '', got = ''] = alert
    return { what: 'alert', alert: name, at, expected: outdent(expected), got: outdent(got), text }
  }
  const expression = EXPRESSION.exec(text)
  if (expression !== null) {
    const [, expr = '""', at = '', expected = '', got = ''] = expression
    return { what: 'expression', expr: unquoted(expr), at, expected: expected.trim(), got: got.trim(), text }
  }
  const error = EXPRESSION_ERROR.exec(text)
  if (error !== null) {
    const [, expr = '""', at = '', message = ''] = error
    return { what: 'expression error', expr: unquoted(expr), at, error: message.trim(), text }
  }
  const rule = RULE.exec(text)
  if (rule !== null) {
    const [, name = '', at = '', error = ''] = rule
    return { what: 'rule', rule: name, at, error: error.trim(), text }
  }
  return { what: 'refusal', text }
}

function unquoted(text: string): string {
  try {
    return JSON.parse(text)
  } catch {
    return text.slice(1, -1)
  }
}

/** `[\n 0:\n Labels:{...}\n Annotations:{...}\n ]` as one line per alert. */
function outdent(list: string): string {
  return list
    .split('\n')
    .map(line =>
      line
        .trim()
        .replace(/^\d+:$/, '')
        .replace(/^[[\]],?$/, ''),
    )
    .filter(line => line !== '' && line !== '[]')
    .join('\n')
}
