import type { Binary, Expression, Span } from './tree.ts'

/** A flat chain of operands, signs and operators, as written: `- a ^ b + c`. */
export type Link =
  | { readonly link: 'operand'; readonly expression: Expression }
  | { readonly link: 'sign'; readonly sign: '-' | '+'; readonly from: number }
  | { readonly link: 'operator'; readonly operation: Operation }

/** A binary operation without its sides. */
export type Operation = Omit<Binary, 'left' | 'right' | keyof Span>

const STRENGTH: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '</': 3,
  '>/': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
}
const POWER = 6

/** The tree of a chain by Prometheus's precedence: a sign binds like `*`, `^` to the right, all else to the left. */
export function associate(chain: readonly Link[]): Expression {
  let at = 0

  function operand(): Expression {
    const link = chain[at++]
    if (link?.link === 'operand') return link.expression
    if (link?.link !== 'sign') throw new Error('a chain begins with an operand')
    const inner = climb(POWER)
    const span = { from: link.from, to: inner.to }
    if (inner.type !== 'number') return { type: 'unary', operator: link.sign, expression: inner, ...span }
    return { ...inner, value: link.sign === '-' ? -inner.value : inner.value, ...span }
  }

  function climb(weakest: number): Expression {
    let left = operand()
    for (;;) {
      const link = chain[at]
      if (link?.link !== 'operator') return left
      const strength = STRENGTH[link.operation.operator] ?? 0
      if (strength < weakest) return left
      at++
      const right = climb(strength === POWER ? strength : strength + 1)
      left = { ...link.operation, left, right, from: left.from, to: right.to }
    }
  }

  return climb(0)
}
