import { accepts } from '../regex.ts'
import type { Expression, Matcher, VectorSelector } from '../tree.ts'
import { metricName } from '../walk.ts'

/** A recording rule, as far as the solver needs it. */
export interface Recording {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly expression: Expression
}

const DEEPEST = 20

/** The expression with every recorded metric replaced by what records it; matchers move down to the selectors inside. */
export function withoutRecordings(
  expression: Expression,
  recordings: ReadonlyMap<string, readonly Recording[]>,
): Expression {
  return replace(expression, recordings, 0)
}

function replace(node: Expression, recordings: ReadonlyMap<string, readonly Recording[]>, depth: number): Expression {
  const inside = (part: Expression) => replace(part, recordings, depth)
  switch (node.type) {
    case 'number':
    case 'string':
      return node
    case 'selector': {
      const found = depth < DEEPEST ? recordingFor(node, recordings) : undefined
      if (found === undefined) return node
      const inner = replace(found, recordings, depth + 1)
      if (node.offset === undefined) return { type: 'paren', expression: inner, from: node.from, to: node.to }
      // Looking back at a recorded value is looking back at all that it was made of.
      return shifted(inner, node.offset.seconds ?? 0)
    }
    case 'matrix': {
      const found = depth < DEEPEST ? recordingFor(node.selector, recordings) : undefined
      if (found === undefined) return node
      return {
        type: 'subquery',
        expression: replace(found, recordings, depth + 1),
        range: node.range,
        step: undefined,
        offset: node.selector.offset,
        at: node.selector.at,
        edges: undefined,
        from: node.from,
        to: node.to,
      }
    }
    case 'subquery':
    case 'unary':
    case 'paren':
      return { ...node, expression: inside(node.expression) }
    case 'call':
      return { ...node, args: node.args.map(inside) }
    case 'aggregation':
      return { ...node, expression: inside(node.expression) }
    case 'binary':
      return { ...node, left: inside(node.left), right: inside(node.right) }
  }
}

function recordingFor(
  selector: VectorSelector,
  recordings: ReadonlyMap<string, readonly Recording[]>,
): Expression | undefined {
  const name = metricName(selector)
  const candidates = name === undefined ? undefined : recordings.get(name)
  const found = candidates?.find(({ labels }) =>
    selector.matchers.every(matcher => {
      const value = labels[matcher.label]
      return value === undefined || accepts(matcher, value)
    }),
  )
  if (found === undefined) return undefined
  const left = selector.matchers.filter(({ label }) => label !== '__name__' && found.labels[label] === undefined)
  return left.length === 0 ? found.expression : narrowed(found.expression, left)
}

/** Every selector whose label reaches the outside gets the matchers on it. */
function narrowed(node: Expression, matchers: readonly Matcher[]): Expression {
  if (matchers.length === 0) return node
  switch (node.type) {
    case 'number':
    case 'string':
      return node
    case 'selector':
      return { ...node, matchers: [...node.matchers, ...matchers] }
    case 'matrix':
      return { ...node, selector: { ...node.selector, matchers: [...node.selector.matchers, ...matchers] } }
    case 'subquery':
    case 'unary':
    case 'paren':
      return { ...node, expression: narrowed(node.expression, matchers) }
    case 'call':
      return { ...node, args: node.args.map(argument => narrowed(argument, matchers)) }
    case 'aggregation': {
      const { grouping } = node
      const kept = matchers.filter(
        ({ label }) => (grouping?.labels.includes(label) ?? false) !== (grouping?.without ?? false),
      )
      return { ...node, expression: narrowed(node.expression, kept) }
    }
    case 'binary':
      return { ...node, left: narrowed(node.left, matchers), right: narrowed(node.right, matchers) }
  }
}

function shifted(node: Expression, seconds: number): Expression {
  const add = (offset: VectorSelector['offset']) => ({
    seconds: (offset?.seconds ?? 0) + seconds,
    text: `${(offset?.seconds ?? 0) + seconds}s`,
    from: node.from,
    to: node.to,
  })
  switch (node.type) {
    case 'number':
    case 'string':
      return node
    case 'selector':
      return { ...node, offset: add(node.offset) }
    case 'matrix':
      return { ...node, selector: { ...node.selector, offset: add(node.selector.offset) } }
    case 'subquery':
      return { ...node, offset: add(node.offset) }
    case 'unary':
    case 'paren':
      return { ...node, expression: shifted(node.expression, seconds) }
    case 'call':
      return { ...node, args: node.args.map(argument => shifted(argument, seconds)) }
    case 'aggregation':
      return { ...node, expression: shifted(node.expression, seconds) }
    case 'binary':
      return { ...node, left: shifted(node.left, seconds), right: shifted(node.right, seconds) }
  }
}
