import type { Matcher, VectorSelector } from '../tree.ts'
import type { Change, Surroundings } from './change.ts'

const NEGATED = { '=': '!=', '!=': '=', '=~': '!~', '!~': '=~' } as const

/** Each label matcher left out, and negated. */
export function mutateSelector(node: VectorSelector, { text }: Surroundings): Change[] {
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
      equivalent:
        matcher.operator === '=~' && matcher.value === '.*' ? 'it matches every value, also an empty one' : undefined,
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

function matchesEmpty({ operator, value }: Matcher): boolean {
  return (
    (operator === '=' && value === '') || (operator === '!=' && value !== '') || operator === '!~' || value === '.*'
  )
}
