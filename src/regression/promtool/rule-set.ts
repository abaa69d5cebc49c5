import { parsePromql } from '../../promql/parse.ts'
import type { Expression } from '../../promql/tree.ts'
import { carry, entriesOf, itemsOf, lineOf, readYaml, textOf, type YamlSource } from './yaml-source.ts'

/** One rule as it can be carried over to a scratch file. */
export interface CarriedRule {
  readonly kind: 'alert' | 'record'
  readonly name: string
  readonly file: string
  readonly line: number
  readonly expr: string
  readonly expression: Expression
  /** Names of the labels that the rule sets. */
  readonly labelNames: readonly string[]
  /** Text of labels and annotations: templates can read series. */
  readonly templates: string
  /** Seconds as written; undefined when not given. */
  readonly for: string | undefined
  readonly keepFiringFor: string | undefined
  /** The rule in one line of YAML, and the same without annotations, which promtool would expand at each evaluation. */
  readonly yaml: string
  readonly bare: string
}

export interface CarriedGroup {
  readonly name: string
  readonly file: string
  /** Everything but name and rules, in YAML: `interval: 1m, limit: 5`. */
  readonly rest: readonly string[]
  readonly limited: boolean
  readonly rules: readonly CarriedRule[]
}

/** The rule files of a test, in order. */
export interface RuleSet {
  readonly files: readonly string[]
  readonly groups: readonly CarriedGroup[]
}

const GROUP_KEYS = new Set(['name', 'interval', 'limit', 'query_offset', 'labels', 'rules'])
const RULE_KEYS = new Set(['alert', 'record', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'])

/** The groups of one rule file; undefined when it has anything that only promtool itself should judge. */
export function carryRules(file: string, text: string): readonly CarriedGroup[] | undefined {
  const source = readYaml(file, text)
  if (source.odd !== undefined) return undefined
  const { document } = source
  const top = entriesOf(document.contents, document)
  if (top === undefined || [...top.keys()].some(key => key !== 'groups')) return undefined
  const groups = itemsOf(top.get('groups'), document)?.map(node => carryGroup(node, source))
  if (groups === undefined || groups.includes(undefined)) return undefined
  const carried = groups.filter(group => group !== undefined)
  return new Set(carried.map(group => group.name)).size === carried.length ? carried : undefined
}

function carryGroup(node: unknown, source: YamlSource): CarriedGroup | undefined {
  const { document, file } = source
  const entries = entriesOf(node, document)
  const name = textOf(entries?.get('name'))
  const rules = itemsOf(entries?.get('rules'), document)?.map(rule => carryRule(rule, source))
  if (entries === undefined || !name || rules === undefined || rules.includes(undefined)) return undefined
  if ([...entries.keys()].some(key => !GROUP_KEYS.has(key))) return undefined
  const rest = [...entries].filter(([key]) => key !== 'name' && key !== 'rules')
  return {
    name,
    file,
    rest: rest.map(([key, value]) => `${key}: ${carry(value, document)}`),
    limited: entries.has('limit') || entries.has('labels'),
    rules: rules.filter(rule => rule !== undefined),
  }
}

function carryRule(node: unknown, source: YamlSource): CarriedRule | undefined {
  const { document, file } = source
  const entries = entriesOf(node, document)
  if (entries === undefined || [...entries.keys()].some(key => !RULE_KEYS.has(key))) return undefined
  const kind = entries.has('alert') ? 'alert' : 'record'
  const name = textOf(entries.get(kind))
  const expr = textOf(entries.get('expr'))
  if (!name || !expr || (entries.has('alert') && entries.has('record'))) return undefined
  const expression = parsePromql(expr)
  if ('error' in expression) return undefined
  const bare = [...entries].filter(([key]) => key !== 'annotations')
  const texts = ['labels', 'annotations'].map(key => entriesOf(entries.get(key), document) ?? new Map())
  return {
    kind,
    name,
    file,
    line: lineOf(source, node),
    expr,
    expression,
    labelNames: [...(texts[0]?.keys() ?? [])],
    templates: texts.flatMap(map => [...map.values()].map(textOf)).join('\n'),
    for: textOf(entries.get('for')),
    keepFiringFor: textOf(entries.get('keep_firing_for')),
    yaml: carry(node, document),
    bare: `{${bare.map(([key, value]) => `${key}: ${carry(value, document)}`).join(', ')}}`,
  }
}

/** A rule file with the rules that are kept, in the order of the originals. */
export function writeRules(groups: readonly CarriedGroup[], keep: (rule: CarriedRule) => boolean): string {
  return writeRuleLines(groups, rule => (keep(rule) ? [rule.yaml] : []))
}

/** A rule file in which each rule is replaced by the rules given, each in one line of YAML. */
export function writeRuleLines(
  groups: readonly CarriedGroup[],
  replace: (rule: CarriedRule) => readonly string[],
): string {
  const lines = ['groups:']
  for (const { name, rest, rules } of groups) {
    const written = rules.flatMap(replace)
    if (written.length === 0) continue
    lines.push(`- name: ${JSON.stringify(name)}`, ...rest.map(line => `  ${line}`))
    lines.push('  rules:', ...written.map(rule => `  - ${rule}`))
  }
  return lines.length === 1 ? 'groups: []\n' : `${lines.join('\n')}\n`
}
