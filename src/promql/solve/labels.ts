import { accepts } from '../regex.ts'
import type { Expression, VectorSelector } from '../tree.ts'
import { choosing, comparisons } from '../tree.ts'
import { selectors, walk } from '../walk.ts'
import { type Draft, hasBucket } from './draft.ts'

/** All labels that series of the expression should have; `wanted` besides those that it names. */
export function universeOf(expression: Expression, drafts: readonly Draft[], wanted: readonly string[]): string[] {
  const labels = new Set<string>(['instance', 'job', ...wanted])
  const written = new Set<string>()
  for (const { selector } of drafts) for (const { label } of selector.matchers) labels.add(label)
  for (const { node } of walk(expression)) {
    if (node.type === 'aggregation') {
      for (const label of node.grouping?.labels ?? []) labels.add(label)
      const made =
        node.operator === 'count_values' && node.parameter?.type === 'string' ? node.parameter.value : undefined
      if (made !== undefined) written.add(made)
    }
    if (node.type === 'binary')
      for (const label of [...(node.matching?.labels ?? []), ...(node.matching?.include ?? [])]) labels.add(label)
    if (node.type === 'call' && (node.name === 'label_replace' || node.name === 'label_join')) {
      const [, target, , third, ...rest] = node.args.map(argument => (argument.type === 'string' ? argument.value : ''))
      for (const source of node.name === 'label_replace' ? [third] : [third, ...rest]) if (source) labels.add(source)
      // What is replaced in place is there before.
      if (target && target !== third) written.add(target)
    }
  }
  for (const made of written) labels.delete(made)
  labels.delete('__name__')
  labels.delete('le')
  labels.delete('')
  return [...labels].sort()
}

/** Where a label is a copy of another, whoever is joined on the copy has the same value. */
export function copyLabels(expression: Expression, classOf: Map<VectorSelector, Draft>): void {
  const drafts = new Set(classOf.values())
  for (const { node } of walk(expression)) {
    if (node.type !== 'call' || node.name !== 'label_replace') continue
    const [target = '', replacement, source = '', pattern = ''] = node.args
      .slice(1)
      .map(argument => (argument.type === 'string' ? argument.value : ''))
    if (replacement !== '$1' || target === source || !WHOLE.has(pattern)) continue
    const inside = new Set(selectors(node).flatMap(selector => classOf.get(selector) ?? []))
    const [value] = [...inside].flatMap(({ labels }) => labels.get(source) ?? [])
    if (value === undefined) continue
    for (const { selector, labels } of drafts.difference(inside))
      if (selector.matchers.every(matcher => matcher.label !== target || accepts(matcher, value)))
        labels.set(target, value)
  }
}

/** Patterns whose first group is all that there is. */
const WHOLE = new Set(['(.*)', '(.+)', '^(.*)$', '^(.+)$'])

/** Labels of a node's value that are known to be there. */
function labelsOf(node: Expression, classOf: Map<VectorSelector, Draft>): Set<string> | undefined {
  switch (node.type) {
    case 'paren':
    case 'unary':
    case 'subquery':
      return labelsOf(node.expression, classOf)
    case 'matrix':
      return labelsOf(node.selector, classOf)
    case 'selector':
      return new Set([...(classOf.get(node)?.labels.keys() ?? []), ...(hasBucket(node) ? ['le'] : [])])
    case 'aggregation': {
      const inner = labelsOf(node.expression, classOf)
      if (inner === undefined || choosing.has(node.operator)) return inner
      const listed = new Set(node.grouping?.labels ?? [])
      const kept = new Set([...inner].filter(label => listed.has(label) !== (node.grouping?.without ?? false)))
      if (node.operator === 'count_values' && node.parameter?.type === 'string') kept.add(node.parameter.value)
      return kept
    }
    case 'binary': {
      const left = labelsOf(node.left, classOf)
      const right = labelsOf(node.right, classOf)
      if (left === undefined) return right
      if (right === undefined || node.matching?.group === 'left') return left
      if (node.matching?.group === 'right') return right
      const { matching } = node
      const set = node.operator === 'and' || node.operator === 'or' || node.operator === 'unless'
      if (matching === undefined || set || comparisons.has(node.operator)) return left
      const listed = new Set(matching.labels)
      return new Set([...left].filter(label => listed.has(label) === matching.on))
    }
    case 'call': {
      if (node.name === 'vector' || node.name.startsWith('absent')) return undefined
      const vector = node.args.map(argument => labelsOf(argument, classOf)).find(labels => labels !== undefined)
      if (vector !== undefined && node.name === 'histogram_quantile') vector.delete('le')
      if (vector !== undefined && (node.name === 'label_replace' || node.name === 'label_join')) {
        const target = node.args[1]
        if (target?.type === 'string') vector.add(target.value)
      }
      return vector
    }
    default:
      return undefined
  }
}

/** Takes a label from all series whose value it would be part of. */
function withdraw(node: Expression, label: string, classOf: Map<VectorSelector, Draft>): void {
  switch (node.type) {
    case 'selector': {
      const draft = classOf.get(node)
      const needed = draft?.selector.matchers.some(matcher => matcher.label === label && !accepts(matcher, ''))
      if (!needed) draft?.labels.delete(label)
      return
    }
    case 'matrix':
      withdraw(node.selector, label, classOf)
      return
    case 'paren':
    case 'unary':
    case 'subquery':
      withdraw(node.expression, label, classOf)
      return
    case 'aggregation': {
      const listed = node.grouping?.labels.includes(label) ?? false
      if (listed !== (node.grouping?.without ?? false)) withdraw(node.expression, label, classOf)
      return
    }
    case 'binary':
      withdraw(node.left, label, classOf)
      withdraw(node.right, label, classOf)
      return
    case 'call':
      for (const argument of node.args) withdraw(argument, label, classOf)
      return
    default:
  }
}

/** Both sides of a join must have the same labels: what one side lacks is taken from the other. */
export function fitLabels(expression: Expression, classOf: Map<VectorSelector, Draft>): void {
  const joins = [...walk(expression)].flatMap(({ node }) => (node.type === 'binary' ? [node] : []))
  for (let round = 0; round < 10; round++) {
    let changed = false
    for (const join of joins) {
      if (join.matching?.on || join.operator === 'or') continue
      const left = labelsOf(join.left, classOf)
      const right = labelsOf(join.right, classOf)
      if (left === undefined || right === undefined) continue
      for (const [has, lacks, side] of [
        [left, right, join.left],
        [right, left, join.right],
      ] as const)
        for (const label of has) {
          if (lacks.has(label) || join.matching?.labels.includes(label) || label === 'le') continue
          withdraw(side, label, classOf)
          changed = true
        }
    }
    if (!changed) return
  }
}
