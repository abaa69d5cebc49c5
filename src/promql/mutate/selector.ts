import type { Expression, Matcher, VectorSelector } from '../tree.ts'
import type { Change, Surroundings } from './change.ts'
import { isAskedAgain } from './joined.ts'

const NEGATED = { '=': '!=', '!=': '=', '=~': '!~', '!~': '=~' } as const

/** Each label matcher left out, and negated. */
export function mutateSelector(
  node: VectorSelector,
  ancestors: readonly Expression[],
  { text }: Surroundings,
): Change[] {
  const { braces, matchers } = node
  if (braces === undefined) return []
  return matchers.flatMap((matcher, index) => {
    if (matcher.label === '__name__') return []
    const shown = text.slice(matcher.from, matcher.to).trim()
    const rest = matchers.filter(other => other !== matcher).map(other => text.slice(other.from, other.to).trim())
    const named =
      node.name !== undefined && text[node.from] === '{' ? [text.slice(node.nameSpan?.from, node.nameSpan?.to)] : []
    // Without any matcher a selector needs a name, and one that matches something.
    const canDrop =
      node.name !== undefined || matchers.some((other, position) => position !== index && !matchesEmpty(other))
    const drop: Change = {
      operator: 'matcher',
      edits: [{ from: braces.from, to: braces.to, text: `{${[...named, ...rest].join(', ')}}` }],
      meaning: `did not ask for ${shown}`,
      equivalent: surplus(matcher, node, ancestors),
    }
    const negated: Change = {
      operator: 'matcher',
      edits: [{ ...matcher.operatorSpan, text: NEGATED[matcher.operator] }],
      meaning: `asked for ${matcher.label}${NEGATED[matcher.operator]}${text.slice(matcher.valueSpan.from, matcher.valueSpan.to)} instead of ${shown}`,
    }
    const canNegate = node.name !== undefined || matchers.length > 1
    return [...(canDrop ? [drop] : []), ...(canNegate ? [negated] : [])]
  })
}

/** Why a selector gives the same without the matcher. */
function surplus(matcher: Matcher, node: VectorSelector, ancestors: readonly Expression[]): string | undefined {
  if (matcher.operator === '=~' && matcher.value === '.*') return 'it matches every value, also an empty one'
  return isAskedAgain(matcher, node, ancestors)
    ? `what it is joined with on ${matcher.label} asks for the same`
    : undefined
}

function matchesEmpty({ operator, value }: Matcher): boolean {
  return (
    (operator === '=' && value === '') || (operator === '!=' && value !== '') || operator === '!~' || value === '.*'
  )
}
