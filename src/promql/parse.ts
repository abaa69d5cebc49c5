import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'
import { parseDuration } from '../model/duration.ts'
import { unquote } from './quote.ts'
import type {
  At,
  Binary,
  BinaryOperator,
  Duration,
  Expression,
  Matcher,
  Matching,
  MatchOperator,
  PromqlError,
  Shifted,
  Span,
  VectorSelector,
} from './tree.ts'

const DEEPEST = 1_000

/**
 * The tree of a PromQL text. Prometheus refuses more than this does (types of arguments, unknown matchers): promtool stays the judge
 * of a rule file; an error here is one for Prometheus too.
 */
export function parsePromql(text: string): Expression | PromqlError {
  // Prometheus 3 renamed this function and the grammar forgot it; a name of the same length keeps all positions.
  const known = text.replace(/\bholt_winters(?=\s*\()/g, 'day_of_month')
  const tree = parser.parse(known)
  let failed: PromqlError | undefined
  tree.iterate({
    enter(node) {
      if (node.type.isError) failed ??= errorAt(text, node.from, node.to)
      return failed === undefined
    },
  })
  if (failed !== undefined) return failed
  const top = tree.topNode.firstChild
  if (top === null || text.trim() === '')
    return { ...errorAt(text, text.length, text.length), error: 'the expression is empty' }
  try {
    return new Reader(text).expression(content(top), 0)
  } catch (thrown) {
    if (thrown instanceof Refusal) return { ...errorAt(text, thrown.at, thrown.at), error: thrown.message }
    throw thrown
  }
}

/** The tree of a text that was parsed before. */
export function mustParse(text: string): Expression {
  const parsed = parsePromql(text)
  if ('error' in parsed) throw new Error(`${parsed.error}: ${text}`)
  return parsed
}

class Refusal extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

function errorAt(text: string, from: number, to: number): PromqlError {
  const before = text.slice(0, from)
  const line = before.split('\n').length
  const column = from - before.lastIndexOf('\n')
  const rest = text.slice(from, Math.max(to, from + 1)).trim()
  const found = rest === '' ? (text.slice(from).trim().split(/\s/)[0] ?? '') : rest
  return {
    error: found === '' ? 'the expression ends too early' : `unexpected ${JSON.stringify(found)}`,
    at: from,
    line,
    column,
  }
}

/** Comments may stand anywhere; the tree does not need them. */
function* parts(node: SyntaxNode): Generator<SyntaxNode> {
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.name !== 'LineComment') yield child
}

function content(node: SyntaxNode): SyntaxNode {
  let found: SyntaxNode | null = node
  while (found?.name === 'LineComment') found = found.nextSibling
  if (found === null) throw new Refusal('the expression is empty', node.from)
  return found
}

class Reader {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }

  expression(node: SyntaxNode, depth: number): Expression {
    if (depth > DEEPEST) throw new Refusal(`nested deeper than ${DEEPEST} levels`, node.from)
    const span = spanOf(node)
    const all = [...parts(node)]
    const expressions = () => all.filter(isExpression).map(child => this.expression(child, depth + 1))
    switch (node.name) {
      case 'NumberDurationLiteral':
        return { type: 'number', ...this.#number(node), ...span }
      case 'StringLiteral':
        return { type: 'string', value: this.#string(node), ...span }
      case 'ParenExpr':
        return { type: 'paren', expression: only(expressions(), node), ...span }
      case 'UnaryExpr':
        return {
          type: 'unary',
          operator: this.#slice(all[0] ?? node) === '-' ? '-' : '+',
          expression: only(expressions(), node),
          ...span,
        }
      case 'VectorSelector':
        return this.#selector(node, all)
      case 'MatrixSelector': {
        const [selector] = expressions()
        if (selector?.type !== 'selector' || selector.offset !== undefined || selector.at !== undefined)
          throw new Refusal('ranges are only allowed for vector selectors', node.from)
        return { type: 'matrix', selector, range: this.#duration(named(all, 'DurationExpr', node)), ...span }
      }
      case 'SubqueryExpr': {
        const [range, step] = all.filter(child => child.name === 'DurationExpr').map(child => this.#duration(child))
        if (range === undefined) throw new Refusal('a subquery needs a range', node.from)
        return { type: 'subquery', expression: only(expressions(), node), range, step, ...unshifted, ...span }
      }
      case 'OffsetExpr':
        return this.#shift(only(expressions(), node), node, {
          offset: this.#duration(named(all, 'OffsetDurationExpr', node)),
        })
      case 'StepInvariantExpr':
        return this.#shift(only(expressions().slice(0, 1), node), node, { at: this.#at(all, node) })
      case 'AnchoredExpr':
        return this.#shift(only(expressions(), node), node, { edges: 'anchored' })
      case 'SmoothedExpr':
        return this.#shift(only(expressions(), node), node, { edges: 'smoothed' })
      case 'FunctionCall': {
        const name = named(all, 'FunctionIdentifier', node)
        return {
          type: 'call',
          name: this.#slice(name),
          nameSpan: spanOf(name),
          args: this.#arguments(named(all, 'FunctionCallBody', node), depth),
          ...span,
        }
      }
      case 'AggregateExpr':
        return this.#aggregation(node, all, depth)
      case 'BinaryExpr':
        return this.#binary(node, all, depth)
      default:
        throw new Refusal(`unexpected ${JSON.stringify(this.#slice(node))}`, node.from)
    }
  }

  #slice(node: Span): string {
    return this.#text.slice(node.from, node.to)
  }

  #string(node: SyntaxNode): string {
    const value = unquote(this.#slice(node))
    if (value === undefined) throw new Refusal(`the string ${this.#slice(node)} is not well formed`, node.from)
    return value
  }

  #number(node: SyntaxNode): { value: number; duration: boolean } {
    const text = this.#slice(node).replace(/\s|#.*/g, '')
    const value = numberOf(text)
    if (value === undefined) throw new Refusal(`${JSON.stringify(text)} is no number`, node.from)
    return { value, duration: /[0-9](ms|[smhdwy])/.test(text) && !/^[+-]?0x/i.test(text) }
  }

  #duration(node: SyntaxNode): Duration {
    return { seconds: this.#seconds(node), text: this.#slice(node), ...spanOf(node) }
  }

  /** Seconds of a duration expression; undefined when it asks the query for its step or range. */
  #seconds(node: SyntaxNode): number | undefined {
    const all = [...parts(node)]
    if (node.name === 'NumberDurationLiteralInDurationContext') return numberOf(this.#slice(node))
    const values = all
      .filter(child => /^(Offset)?DurationExpr$|^NumberDurationLiteralInDurationContext$/.test(child.name))
      .map(child => this.#seconds(child))
    const [first, second] = values
    const operator = all.find(child =>
      /^(UnaryOp|Pow|Mul|Div|Mod|Add|Sub|DurationM(in|ax)Of|DurationStep|DurationRange)$/.test(child.name),
    )
    if (operator === undefined) return first
    if (/^Duration(Step|Range)$/.test(operator.name)) return undefined
    if (first === undefined) return undefined
    if (operator.name === 'UnaryOp') return this.#slice(operator) === '-' ? -first : first
    if (second === undefined) return undefined
    switch (operator.name) {
      case 'Pow':
        return first ** second
      case 'Mul':
        return first * second
      case 'Div':
        return first / second
      case 'Mod':
        return first % second
      case 'Add':
        return first + second
      case 'Sub':
        return first - second
      case 'DurationMinOf':
        return Math.min(first, second)
      default:
        return Math.max(first, second)
    }
  }

  #selector(node: SyntaxNode, all: readonly SyntaxNode[]): VectorSelector {
    const identifier = all.find(child => child.name === 'Identifier')
    const braces = all.find(child => child.name === 'LabelMatchers')
    const matchers: Matcher[] = []
    let name = identifier === undefined ? undefined : this.#slice(identifier)
    let nameSpan = identifier === undefined ? undefined : spanOf(identifier)
    for (const child of braces === undefined ? [] : parts(braces)) {
      if (child.name === 'QuotedLabelName') {
        if (name !== undefined) throw new Refusal('the metric name is given twice', child.from)
        name = this.#string(firstOf(child))
        nameSpan = spanOf(child)
      } else if (child.name === 'UnquotedLabelMatcher' || child.name === 'QuotedLabelMatcher') {
        const [label, operator, value] = [...parts(child)]
        if (label === undefined || operator === undefined || value === undefined)
          throw new Refusal(`${JSON.stringify(this.#slice(child))} is no label matcher`, child.from)
        matchers.push({
          label: label.name === 'QuotedLabelName' ? this.#string(firstOf(label)) : this.#slice(label),
          operator: this.#slice(operator) as MatchOperator,
          value: this.#string(value),
          operatorSpan: spanOf(operator),
          valueSpan: spanOf(value),
          ...spanOf(child),
        })
      }
    }
    return {
      type: 'selector',
      name,
      nameSpan,
      matchers,
      braces: braces === undefined ? undefined : spanOf(braces),
      ...unshifted,
      ...spanOf(node),
    }
  }

  /** Offset, `@` and the edges belong to the selector or subquery they follow. */
  #shift(expression: Expression, node: SyntaxNode, shift: Partial<Shifted>): Expression {
    if (expression.type === 'matrix')
      return { ...expression, selector: { ...expression.selector, ...shift }, ...spanOf(node) }
    if (expression.type !== 'selector' && expression.type !== 'subquery')
      throw new Refusal('offset and @ may only follow a selector or a subquery', node.from)
    for (const key of ['offset', 'at', 'edges'] as const)
      if (shift[key] !== undefined && expression[key] !== undefined)
        throw new Refusal(`${key === 'at' ? '@' : key} is given twice`, node.from)
    return { ...expression, ...shift, ...spanOf(node) }
  }

  #at(all: readonly SyntaxNode[], node: SyntaxNode): At {
    const sign = named(all, 'At', node)
    const where = all.findLast(
      child => child.name === 'AtModifierPreprocessors' || child.name === 'NumberDurationLiteral',
    )
    if (where === undefined) throw new Refusal('@ needs a timestamp, start() or end()', node.from)
    const span = { from: sign.from, to: node.to }
    if (where.name === 'NumberDurationLiteral') return { at: this.#number(where).value, ...span }
    return { at: this.#slice(where).toLowerCase().startsWith('start') ? 'start' : 'end', ...span }
  }

  #arguments(body: SyntaxNode, depth: number): Expression[] {
    return [...parts(body)].filter(isExpression).map(child => this.expression(child, depth + 1))
  }

  #labels(node: SyntaxNode): string[] {
    return [...parts(node)].flatMap(child => {
      if (child.name === 'LabelName') return [this.#slice(child)]
      return child.name === 'QuotedLabelName' ? [this.#string(firstOf(child))] : []
    })
  }

  #aggregation(node: SyntaxNode, all: readonly SyntaxNode[], depth: number): Expression {
    const operator = named(all, 'AggregateOp', node)
    const args = this.#arguments(named(all, 'FunctionCallBody', node), depth)
    const expression = args.at(-1)
    if (expression === undefined || args.length > 2)
      throw new Refusal(`${this.#slice(operator)} takes one expression, or a parameter and an expression`, node.from)
    const modifier = all.find(child => child.name === 'AggregateModifier')
    return {
      type: 'aggregation',
      operator: this.#slice(operator).toLowerCase(),
      operatorSpan: spanOf(operator),
      parameter: args.length === 2 ? args[0] : undefined,
      expression,
      grouping:
        modifier === undefined
          ? undefined
          : {
              without: firstOf(modifier).name === 'Without',
              labels: this.#labels(named([...parts(modifier)], 'GroupingLabels', modifier)),
              ...spanOf(modifier),
            },
      ...spanOf(node),
    }
  }

  #binary(node: SyntaxNode, all: readonly SyntaxNode[], depth: number): Expression {
    const read = this.#readBinary(node, all, depth)
    const { left } = read
    if (read.operator !== '^' || left.type !== 'number' || !/^[+-]/.test(this.#slice(left))) return read
    // Prometheus reads -1 ^ 2 as -(1 ^ 2); the grammar takes the sign into the number.
    const sign = this.#slice(left).startsWith('-') ? '-' : '+'
    const from = left.to - this.#slice(left).replace(/^[+-]\s*/, '').length
    const base: Expression = { ...left, value: sign === '-' ? -left.value : left.value, from }
    return { type: 'unary', operator: sign, expression: { ...read, left: base, from }, ...spanOf(node) }
  }

  #readBinary(node: SyntaxNode, all: readonly SyntaxNode[], depth: number): Binary {
    const operands = all.filter(isExpression)
    const [left, right] = operands
    const operator = all.find(child => child !== left && BINARY.has(child.name))
    if (left === undefined || right === undefined || operator === undefined)
      throw new Refusal('a binary operation needs two sides', node.from)
    const clause = all.find(child => child.name === 'MatchingModifierClause')
    const fill = all.find(child => child.name === 'FillModifier')
    return {
      type: 'binary',
      operator: this.#slice(operator).toLowerCase() as BinaryOperator,
      operatorSpan: spanOf(operator),
      left: this.expression(left, depth + 1),
      right: this.expression(right, depth + 1),
      bool: all.some(child => child.name === 'BoolModifier'),
      matching: clause === undefined ? undefined : this.#matching(clause),
      fill: fill === undefined ? undefined : this.#fill(fill),
      ...spanOf(node),
    }
  }

  #matching(clause: SyntaxNode): Matching {
    const all = [...parts(clause)]
    const [labels, include] = all.filter(child => child.name === 'GroupingLabels').map(child => this.#labels(child))
    const group = all.find(child => child.name === 'GroupLeft' || child.name === 'GroupRight')
    return {
      on: all.some(child => child.name === 'On'),
      labels: labels ?? [],
      group: group === undefined ? undefined : group.name === 'GroupLeft' ? 'left' : 'right',
      include: include ?? [],
      ...spanOf(clause),
    }
  }

  #fill(node: SyntaxNode): NonNullable<Binary['fill']> {
    let left: number | undefined
    let right: number | undefined
    for (const clause of parts(node)) {
      const { value } = this.#number(named([...parts(clause)], 'NumberDurationLiteral', clause))
      if (clause.name !== 'FillRightClause') left = value
      if (clause.name !== 'FillLeftClause') right = value
    }
    return { left, right }
  }
}

const unshifted: Shifted = { offset: undefined, at: undefined, edges: undefined }
const BINARY = new Set(
  'Pow Mul Div Mod Atan2 Add Sub Eql Gte Gtr TrimUpper TrimLower Lte Lss Neq And Unless Or'.split(' '),
)
const EXPRESSIONS = new Set(
  `AggregateExpr BinaryExpr FunctionCall MatrixSelector NumberDurationLiteral OffsetExpr AnchoredExpr SmoothedExpr ParenExpr
   StringLiteral SubqueryExpr UnaryExpr VectorSelector StepInvariantExpr`.split(/\s+/),
)

function isExpression(node: SyntaxNode): boolean {
  return EXPRESSIONS.has(node.name)
}

function spanOf({ from, to }: Span): Span {
  return { from, to }
}

function firstOf(node: SyntaxNode): SyntaxNode {
  return node.firstChild ?? node
}

function named(all: readonly SyntaxNode[], name: string, node: SyntaxNode): SyntaxNode {
  const found = all.find(child => child.name === name)
  if (found === undefined) throw new Refusal(`expected ${name}`, node.from)
  return found
}

function only(expressions: readonly Expression[], node: SyntaxNode): Expression {
  const [first] = expressions
  if (first === undefined) throw new Refusal('expected an expression', node.from)
  return first
}

/** A number as PromQL writes it; a duration is its seconds. */
export function numberOf(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1
  const bare = text.replace(/^[+-]/, '').toLowerCase()
  if (bare === 'inf') return sign * Number.POSITIVE_INFINITY
  if (bare === 'nan') return Number.NaN
  const seconds = /[a-z]/.test(bare) && !/^0x|e/.test(bare) ? parseDuration(bare) : undefined
  if (seconds !== undefined) return sign * seconds
  const digits = bare.replaceAll('_', '')
  const value = /^(0x[0-9a-f]+|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)$/.test(digits) ? Number(digits) : Number.NaN
  return Number.isNaN(value) ? undefined : sign * value
}
