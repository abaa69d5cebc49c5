import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'
import { parseDuration } from '../model/duration.ts'
import { associate, type Link, type Operation } from './precedence.ts'
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
  const nothing = { ...errorAt(text, text.length, text.length), error: 'the expression is empty' }
  if (text.replace(/#.*/g, '').trim() === '') return nothing
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
  if (top === null) return nothing
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
    return associate(this.#chain(node, depth))
  }

  /**
   * The grammar lets offset, `@` and brackets take in the whole operation before them (`a + b offset 5m`); to Prometheus they belong to
   * the last operand alone. So operations are read as a flat chain and put together by precedence.
   */
  #chain(node: SyntaxNode, depth: number): Link[] {
    if (depth > DEEPEST) throw new Refusal(`nested deeper than ${DEEPEST} levels`, node.from)
    const all = [...parts(node)]
    const inner = () => this.#chain(all.find(isExpression) ?? node, depth + 1)
    switch (node.name) {
      case 'BinaryExpr': {
        const [left, right] = all.filter(isExpression)
        if (left === undefined || right === undefined) throw new Refusal('an operation needs two sides', node.from)
        return [
          ...this.#chain(left, depth + 1),
          { link: 'operator', operation: this.#operation(node, all) },
          ...this.#chain(right, depth + 1),
        ]
      }
      case 'UnaryExpr':
        return [{ link: 'sign', sign: this.#slice(all[0] ?? node) === '-' ? '-' : '+', from: node.from }, ...inner()]
      case 'NumberDurationLiteral':
        return this.#signedNumber(node)
      case 'MatrixSelector':
        return changeLast(inner(), operand => this.#matrix(operand, all, node))
      case 'SubqueryExpr':
        return changeLast(inner(), operand => this.#subquery(operand, all, node))
      case 'OffsetExpr': {
        const offset = this.#duration(named(all, 'OffsetDurationExpr', node))
        return changeLast(inner(), operand => shift(operand, node, { offset }))
      }
      case 'StepInvariantExpr':
        return changeLast(inner(), operand => shift(operand, node, { at: this.#at(all, node) }))
      case 'AnchoredExpr':
        return changeLast(inner(), operand => shift(operand, node, { edges: 'anchored' }))
      case 'SmoothedExpr':
        return changeLast(inner(), operand => shift(operand, node, { edges: 'smoothed' }))
      default:
        return [{ link: 'operand', expression: this.#operand(node, all, depth) }]
    }
  }

  #operand(node: SyntaxNode, all: readonly SyntaxNode[], depth: number): Expression {
    const span = spanOf(node)
    switch (node.name) {
      case 'StringLiteral':
        return { type: 'string', value: this.#string(node), ...span }
      case 'ParenExpr':
        return { type: 'paren', expression: this.expression(all.find(isExpression) ?? node, depth + 1), ...span }
      case 'VectorSelector':
        return this.#selector(node, all)
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
      default:
        throw new Refusal(`unexpected ${JSON.stringify(this.#slice(node))}`, node.from)
    }
  }

  #signedNumber(node: SyntaxNode): Link[] {
    const text = this.#slice(node)
    const bare = text.replace(/^[+-](\s|#.*\n)*/, '')
    const from = node.to - bare.length
    const value = this.#number({ from, to: node.to })
    const number: Link = { link: 'operand', expression: { type: 'number', ...value, from, to: node.to } }
    return bare === text
      ? [number]
      : [{ link: 'sign', sign: text.startsWith('-') ? '-' : '+', from: node.from }, number]
  }

  #matrix(operand: Expression, all: readonly SyntaxNode[], node: SyntaxNode): Expression {
    if (operand.type !== 'selector' || operand.offset !== undefined || operand.at !== undefined)
      throw new Refusal('ranges are only allowed for vector selectors', operand.from)
    const range = this.#duration(named(all, 'DurationExpr', node))
    return { type: 'matrix', selector: operand, range, from: operand.from, to: node.to }
  }

  #subquery(operand: Expression, all: readonly SyntaxNode[], node: SyntaxNode): Expression {
    const [range, step] = all.filter(child => child.name === 'DurationExpr').map(child => this.#duration(child))
    if (range === undefined) throw new Refusal('a subquery needs a range', node.from)
    return { type: 'subquery', expression: operand, range, step, ...unshifted, from: operand.from, to: node.to }
  }

  #slice(node: Span): string {
    return this.#text.slice(node.from, node.to)
  }

  #string(node: SyntaxNode): string {
    const value = unquote(this.#slice(node))
    if (value === undefined) throw new Refusal(`the string ${this.#slice(node)} is not well formed`, node.from)
    return value
  }

  #number(node: Span): { value: number; duration: boolean } {
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

  #operation(node: SyntaxNode, all: readonly SyntaxNode[]): Operation {
    const operator = all.find(child => BINARY.has(child.name))
    if (operator === undefined) throw new Refusal('an operation needs an operator', node.from)
    const clause = all.find(child => child.name === 'MatchingModifierClause')
    const fill = all.find(child => child.name === 'FillModifier')
    return {
      type: 'binary',
      operator: this.#slice(operator).toLowerCase() as BinaryOperator,
      operatorSpan: spanOf(operator),
      bool: all.some(child => child.name === 'BoolModifier'),
      matching: clause === undefined ? undefined : this.#matching(clause),
      fill: fill === undefined ? undefined : this.#fill(fill),
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

function changeLast(chain: Link[], change: (operand: Expression) => Expression): Link[] {
  const last = chain.at(-1)
  if (last?.link !== 'operand') throw new Error('a chain ends with an operand')
  return [...chain.slice(0, -1), { link: 'operand', expression: change(last.expression) }]
}

/** Offset, `@` and the edges belong to the selector or subquery they follow. */
function shift(expression: Expression, node: SyntaxNode, added: Partial<Shifted>): Expression {
  const to = node.to
  if (expression.type === 'matrix') return { ...expression, selector: shifted(expression.selector, node, added), to }
  if (expression.type === 'selector' || expression.type === 'subquery')
    return { ...shifted(expression, node, added), to }
  throw new Refusal('offset and @ may only follow a selector or a subquery', expression.from)
}

function shifted<Node extends Shifted>(node: Node, place: Span, added: Partial<Shifted>): Node {
  for (const key of ['offset', 'at', 'edges'] as const)
    if (added[key] !== undefined && node[key] !== undefined)
      throw new Refusal(`${key === 'at' ? '@' : key} is given twice`, place.from)
  return { ...node, ...added }
}

/** A number as PromQL writes it; a duration is its seconds. */
function numberOf(text: string): number | undefined {
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
