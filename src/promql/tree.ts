/** A piece of the author's text: offsets of its first character and past its last. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** A PromQL expression. Every node knows its place in the text it was parsed from, so that text can be edited in place. */
export type Expression =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | Binary
  | Unary
  | Paren

/** `42`, `-1e3`, `0x1f`, `Inf`, `NaN`; also a duration that stands for its seconds (`5m`). */
interface NumberLiteral extends Span {
  readonly type: 'number'
  readonly value: number
  /** Written as a duration. */
  readonly duration: boolean
}

interface StringLiteral extends Span {
  readonly type: 'string'
  readonly value: string
}

export type MatchOperator = '=' | '!=' | '=~' | '!~'

export interface Matcher extends Span {
  readonly label: string
  readonly operator: MatchOperator
  readonly value: string
  readonly operatorSpan: Span
  readonly valueSpan: Span
}

/** `name{label="value"} offset 5m @ start()`. `name` is undefined in `{__name__=~"..."}`; a matcher on `__name__` stays a matcher. */
export interface VectorSelector extends Span, Shifted {
  readonly type: 'selector'
  readonly name: string | undefined
  readonly nameSpan: Span | undefined
  readonly matchers: readonly Matcher[]
  /** The braces, when written. */
  readonly braces: Span | undefined
}

/** `selector[range]`; offset and `@` behind the brackets belong to its selector, as in Prometheus. */
export interface MatrixSelector extends Span {
  readonly type: 'matrix'
  readonly selector: VectorSelector
  readonly range: Duration
}

/** `expression[range:step]`. */
export interface Subquery extends Span, Shifted {
  readonly type: 'subquery'
  readonly expression: Expression
  readonly range: Duration
  /** Without it the evaluation interval counts. */
  readonly step: Duration | undefined
}

/** Looks at another time than the evaluation's. */
export interface Shifted {
  readonly offset: Duration | undefined
  readonly at: At | undefined
  /** Extended range selectors of Prometheus 3. */
  readonly edges: 'anchored' | 'smoothed' | undefined
}

export type At = Span & { readonly at: 'start' | 'end' | number }

/** A duration or a duration expression. `seconds` is undefined when it depends on the query (`step()`, `range()`). */
export interface Duration extends Span {
  readonly seconds: number | undefined
  readonly text: string
}

export interface Call extends Span {
  readonly type: 'call'
  readonly name: string
  readonly nameSpan: Span
  readonly args: readonly Expression[]
}

export interface Aggregation extends Span {
  readonly type: 'aggregation'
  /** Lower case: `sum`, `topk`, `count_values` ... */
  readonly operator: string
  readonly operatorSpan: Span
  /** k of topk, the quantile, the label of count_values ... */
  readonly parameter: Expression | undefined
  readonly expression: Expression
  readonly grouping: Grouping | undefined
}

/** `by (a, b)` or `without (a, b)`, whole. */
interface Grouping extends Span {
  readonly without: boolean
  readonly labels: readonly string[]
}

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>='
type SetOperator = 'and' | 'or' | 'unless'
type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2'
/** `</` and `>/` trim native histograms. */
export type BinaryOperator = ComparisonOperator | SetOperator | ArithmeticOperator | '</' | '>/'

export interface Binary extends Span {
  readonly type: 'binary'
  readonly operator: BinaryOperator
  readonly operatorSpan: Span
  readonly left: Expression
  readonly right: Expression
  /** `bool`: gives 0 or 1 instead of filtering. */
  readonly bool: boolean
  readonly matching: Matching | undefined
  readonly fill: { readonly left: number | undefined; readonly right: number | undefined } | undefined
}

/** `on (a)` or `ignoring (a)`, with `group_left (b)` or `group_right (b)`, whole. */
export interface Matching extends Span {
  readonly on: boolean
  readonly labels: readonly string[]
  readonly group: 'left' | 'right' | undefined
  readonly include: readonly string[]
}

interface Unary extends Span {
  readonly type: 'unary'
  readonly operator: '-' | '+'
  readonly expression: Expression
}

interface Paren extends Span {
  readonly type: 'paren'
  readonly expression: Expression
}

/** Why a text is no PromQL. Line and column count from 1 within the expression. */
export interface PromqlError {
  readonly error: string
  readonly at: number
  readonly line: number
  readonly column: number
}

export const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])
export const setOperators: ReadonlySet<string> = new Set(['and', 'or', 'unless'])
/** Aggregations that choose among series, which stay as they are. */
export const choosing: ReadonlySet<string> = new Set(['topk', 'bottomk', 'limitk', 'limit_ratio'])
/** Aggregations that give several results for a group. */
export const several: ReadonlySet<string> = new Set([...choosing, 'count_values'])
