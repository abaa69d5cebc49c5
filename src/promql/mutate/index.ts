import { applyEdits } from '../edit.ts'
import type { Expression } from '../tree.ts'
import { walk } from '../walk.ts'
import { mutateAggregation } from './aggregation.ts'
import { mutateBinary } from './binary.ts'
import type { Change, Surroundings } from './change.ts'
import { mutateRange } from './range.ts'
import { mutateSelector } from './selector.ts'

/** One change of an expression. */
export interface ExpressionMutant {
  /** The word for this kind of change: `threshold`, `comparison`, `range` ... */
  readonly operator: string
  /** The whole expression after it. */
  readonly text: string
  /** What it means, to follow "nobody would notice if NAME ...": `looked at 10m instead of 5m`. */
  readonly meaning: string
  /** Why it cannot change what the rule does; undefined when it can. */
  readonly equivalent: string | undefined
}

/** All single changes of the expression. Texts that come out twice are given once. */
export function mutateExpression(expression: Expression, surroundings: Surroundings): ExpressionMutant[] {
  const { text } = surroundings
  const seen = new Set([text])
  const mutants: ExpressionMutant[] = []
  for (const { node, ancestors } of walk(expression))
    for (const { operator, edits, meaning, equivalent } of changesOf(node, ancestors, surroundings)) {
      const changed = applyEdits(text, edits)
      if (seen.has(changed)) continue
      seen.add(changed)
      mutants.push({ operator, text: changed, meaning, equivalent })
    }
  return mutants
}

function changesOf(node: Expression, ancestors: readonly Expression[], surroundings: Surroundings): Change[] {
  switch (node.type) {
    case 'binary':
      return mutateBinary(node, surroundings)
    case 'aggregation':
      return mutateAggregation(node, ancestors, surroundings)
    case 'selector':
      return mutateSelector(node, ancestors, surroundings)
    case 'matrix':
    case 'subquery':
      return mutateRange(node)
    default:
      return []
  }
}
