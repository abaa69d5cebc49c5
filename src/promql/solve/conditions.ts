import { print } from '../print.ts'
import type { Binary, Expression, VectorSelector } from '../tree.ts'
import { comparisons } from '../tree.ts'
import { unwrap } from '../walk.ts'

/** Something about the input that must or must not be so for an expression to give something. */
export type Condition =
  | { readonly what: 'comparison'; readonly node: Binary; readonly wanted: boolean }
  | { readonly what: 'presence'; readonly node: VectorSelector; readonly wanted: boolean }

/** Conditions that together decide. */
export type Way = readonly Condition[]

const MOST_WAYS = 12

/**
 * The ways in which an expression can give something (`wanted`) or nothing. In an `or` one side gives something and the other nothing, so
 * that each side is seen to decide. No ways: it always does the other thing.
 */
export function waysOf(expression: Expression, wanted: boolean): readonly Way[] {
  const ways = wanted ? given(expression) : missing(expression)
  return distinct(ways.filter(way => !contradicts(way)))
}

/** What a condition says, alike for equal ones wherever they stand. */
export function keyOf(condition: Condition): string {
  return `${condition.what} ${print(condition.node)}`
}

function given(expression: Expression): readonly Way[] {
  const node = unwrap(expression)
  switch (node.type) {
    case 'number':
    case 'string':
      return [[]]
    case 'selector':
      return [[{ what: 'presence', node, wanted: true }]]
    case 'matrix':
      return given(node.selector)
    case 'subquery':
    case 'unary':
    case 'aggregation':
      return given(node.expression)
    case 'call':
      if (node.name === 'absent' || node.name === 'absent_over_time')
        return node.args[0] === undefined ? [] : missing(node.args[0])
      return product(node.args.map(given))
    case 'binary':
      switch (node.operator) {
        case 'or': {
          const left = product([given(node.left), orAnything(missing(node.right).slice(0, 1))])
          const right = product([missing(node.left).slice(0, 1), given(node.right)])
          return [...left, ...right]
        }
        case 'unless':
          return product([given(node.left), missing(node.right)])
        default: {
          const both = product([given(node.left), given(node.right)])
          return isFilter(node) ? product([both, [[{ what: 'comparison', node, wanted: true }]]]) : both
        }
      }
  }
}

function missing(expression: Expression): readonly Way[] {
  const node = unwrap(expression)
  switch (node.type) {
    case 'number':
    case 'string':
      return []
    case 'selector':
      return [[{ what: 'presence', node, wanted: false }]]
    case 'matrix':
      return missing(node.selector)
    case 'subquery':
    case 'unary':
    case 'aggregation':
      return missing(node.expression)
    case 'call':
      if (node.name === 'absent' || node.name === 'absent_over_time')
        return node.args[0] === undefined ? [] : given(node.args[0])
      return node.name === 'vector' ? [] : node.args.flatMap(missing)
    case 'binary':
      switch (node.operator) {
        case 'or':
          return product([missing(node.left), missing(node.right)])
        case 'unless':
          return [...product([given(node.left), given(node.right)]), ...missing(node.left)]
        case 'and':
          return [
            ...product([missing(node.left), given(node.right)]),
            ...product([given(node.left), missing(node.right)]),
          ]
        default: {
          const both = product([given(node.left), given(node.right)])
          const compared: readonly Way[] = isFilter(node)
            ? product([both, [[{ what: 'comparison', node, wanted: false }]]])
            : []
          return [...compared, ...missing(node.left), ...missing(node.right)]
        }
      }
  }
}

const isFilter = (node: Binary) => comparisons.has(node.operator) && !node.bool

const orAnything = (ways: readonly Way[]): readonly Way[] => (ways.length === 0 ? [[]] : ways)

function product(factors: readonly (readonly Way[])[]): readonly Way[] {
  return factors.reduce<readonly Way[]>(
    (ways, factor) => ways.flatMap(way => factor.map(more => [...way, ...more])).slice(0, MOST_WAYS),
    [[]],
  )
}

function contradicts(way: Way): boolean {
  const said = new Map<string, boolean>()
  for (const condition of way) {
    const key = keyOf(condition)
    if ((said.get(key) ?? condition.wanted) !== condition.wanted) return true
    said.set(key, condition.wanted)
  }
  return false
}

function distinct(ways: readonly Way[]): Way[] {
  const seen = new Map<string, Way>()
  for (const way of ways) {
    const conditions = [...new Map(way.map(condition => [keyOf(condition), condition])).values()]
    const key = conditions
      .map(condition => `${condition.wanted} ${keyOf(condition)}`)
      .sort()
      .join('\n')
    if (!seen.has(key)) seen.set(key, conditions)
  }
  return [...seen.values()].slice(0, MOST_WAYS)
}
