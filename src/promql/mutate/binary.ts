import { printNumber } from '../print.ts'
import type { Binary, Expression } from '../tree.ts'
import { comparisons, setOperators } from '../tree.ts'
import { constant } from '../walk.ts'
import type { Change, Surroundings } from './change.ts'
import { domainOf, domainWords, samePredicate } from './domain.ts'

const FLIPPED: Readonly<Record<string, string>> = { '>': '<', '<': '>', '>=': '<=', '<=': '>=', '==': '!=', '!=': '==' }
const LOOSENED: Readonly<Record<string, string>> = { '>': '>=', '<': '<=', '>=': '>', '<=': '<' }
const MIRRORED: Readonly<Record<string, string>> = {
  '>': '<',
  '<': '>',
  '>=': '<=',
  '<=': '>=',
  '==': '==',
  '!=': '!=',
}

/** Comparisons flipped, made strict or loose, thresholds moved by a tenth; `and`, `or` and `unless` exchanged. */
export function mutateBinary(node: Binary, surroundings: Surroundings): Change[] {
  if (setOperators.has(node.operator)) return exchangeSets(node)
  return comparisons.has(node.operator)
    ? [...changeComparison(node, surroundings), ...moveThreshold(node, surroundings)]
    : []
}

function exchangeSets(node: Binary): Change[] {
  // `or` takes no group modifiers and neither do the others; matching clauses stay as they are.
  return [...setOperators]
    .filter(operator => operator !== node.operator)
    .map(operator => ({
      operator: 'set operator',
      edits: [{ ...node.operatorSpan, text: operator }],
      meaning: `said ${operator} instead of ${node.operator}`,
    }))
}

function changeComparison(node: Binary, { text }: Surroundings): Change[] {
  const shown = (part: Expression) => text.slice(part.from, part.to).trim().replace(/\s+/g, ' ')
  return [FLIPPED[node.operator], LOOSENED[node.operator]].flatMap(operator => {
    if (operator === undefined) return []
    const meaning = `compared ${shown(node.left)} by ${operator} instead of ${node.operator} with ${shown(node.right)}`
    return [
      {
        operator: 'comparison',
        edits: [{ ...node.operatorSpan, text: operator }],
        meaning,
        equivalent: sameFor(node, text, { operator }),
      },
    ]
  })
}

function moveThreshold(node: Binary, { text }: Surroundings): Change[] {
  const side = constant(node.right) === undefined ? node.left : node.right
  const threshold = constant(side)
  if (threshold === undefined || !Number.isFinite(threshold)) return []
  return [1.1, 0.9].flatMap(factor => {
    const moved = Number((threshold * factor).toPrecision(12))
    const change = {
      operator: 'threshold',
      edits: [{ from: side.from, to: side.to, text: moved < 0 ? `(${printNumber(moved)})` : printNumber(moved) }],
      meaning: `had the threshold ${printNumber(moved)} instead of ${text.slice(side.from, side.to)}`,
    }
    return [
      {
        ...change,
        equivalent: threshold === 0 ? 'a tenth of zero is zero' : sameFor(node, text, { threshold: moved }),
      },
    ]
  })
}

/** Why the comparison holds for the same values after the change. */
function sameFor(node: Binary, text: string, change: { operator?: string; threshold?: number }): string | undefined {
  const mirrored = constant(node.right) === undefined
  const [side, limit] = mirrored ? [node.right, constant(node.left)] : [node.left, constant(node.right)]
  if (limit === undefined || node.bool) return undefined
  const operatorOf = (operator: string) => (mirrored ? (MIRRORED[operator] ?? operator) : operator)
  const domain = domainOf(side)
  const before = { operator: operatorOf(node.operator), threshold: limit }
  const after = { operator: operatorOf(change.operator ?? node.operator), threshold: change.threshold ?? limit }
  if (domain === undefined || !samePredicate(domain, before, after)) return undefined
  return `${text.slice(side.from, side.to).trim().replace(/\s+/g, ' ')} ${domainWords[domain]}`
}
