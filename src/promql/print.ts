import { quote } from './quote.ts'
import type { Expression, Matching, Shifted, VectorSelector } from './tree.ts'

/** Canonical text of an expression; parsing it gives the same tree, positions apart. */
export function print(expression: Expression): string {
  switch (expression.type) {
    case 'number':
      return printNumber(expression.value)
    case 'string':
      return quote(expression.value)
    case 'selector':
      return printSelector(expression) + printShift(expression)
    case 'matrix':
      return `${printSelector(expression.selector)}[${expression.range.text}]${printShift(expression.selector)}`
    case 'subquery':
      return `${print(expression.expression)}[${expression.range.text}:${expression.step?.text ?? ''}]${printShift(expression)}`
    case 'call':
      return `${expression.name}(${expression.args.map(print).join(', ')})`
    case 'aggregation': {
      const { operator, grouping, parameter } = expression
      const by =
        grouping === undefined
          ? ''
          : ` ${grouping.without ? 'without' : 'by'} (${grouping.labels.map(printLabel).join(', ')}) `
      return `${operator}${by}(${parameter === undefined ? '' : `${print(parameter)}, `}${print(expression.expression)})`
    }
    case 'binary': {
      const { left, operator, right, bool, matching, fill } = expression
      const modifiers = [
        bool ? 'bool' : undefined,
        matching === undefined ? undefined : printMatching(matching),
        fill === undefined ? undefined : printFill(fill),
      ].filter(modifier => modifier !== undefined)
      return [print(left), operator, ...modifiers, print(right)].join(' ')
    }
    case 'unary':
      return `${expression.operator}${print(expression.expression)}`
    case 'paren':
      return `(${print(expression.expression)})`
  }
}

/** A number as PromQL reads it. */
export function printNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return Object.is(value, -0) ? '-0' : String(value)
}

const PLAIN_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const PLAIN_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

export function printLabel(label: string): string {
  return PLAIN_LABEL.test(label) ? label : quote(label)
}

function printSelector({ name, matchers }: VectorSelector): string {
  const plain = name === undefined || PLAIN_METRIC.test(name)
  const inner = [
    ...(plain ? [] : [quote(name)]),
    ...matchers.map(({ label, operator, value }) => `${printLabel(label)}${operator}${quote(value)}`),
  ]
  const braces = inner.length > 0 || name === undefined ? `{${inner.join(', ')}}` : ''
  return `${plain ? (name ?? '') : ''}${braces}`
}

function printShift({ offset, at, edges }: Shifted): string {
  return [
    edges === undefined ? '' : ` ${edges}`,
    offset === undefined ? '' : ` offset ${offset.text}`,
    at === undefined ? '' : ` @ ${typeof at.at === 'number' ? printNumber(at.at) : `${at.at}()`}`,
  ].join('')
}

function printMatching({ on, labels, group, include }: Matching): string {
  const clause = `${on ? 'on' : 'ignoring'} (${labels.map(printLabel).join(', ')})`
  if (group === undefined) return clause
  return `${clause} group_${group} (${include.map(printLabel).join(', ')})`
}

function printFill({ left, right }: { left: number | undefined; right: number | undefined }): string {
  return [
    left === undefined ? '' : `fill_left(${printNumber(left)})`,
    right === undefined ? '' : `fill_right(${printNumber(right)})`,
  ]
    .filter(clause => clause !== '')
    .join(' ')
}
