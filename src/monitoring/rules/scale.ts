import type { Node } from 'yaml'
import { formatDuration } from '../../model/duration.ts'
import { type Problem, ScenarioError } from '../../model/errors.ts'
import { applyEdits, type Edit } from '../../promql/edit.ts'
import { scaleExpression, type World } from '../../promql/scale.ts'
import { metricNames, selectors } from '../../promql/walk.ts'
import type { Located } from '../located.ts'
import { YamlSource } from '../yaml.ts'
import { groupList, type Rule, type RuleFile, type RuleGroup, readRuleFile, recordingRules } from './read.ts'

export interface ScaleRulesOptions {
  readonly timeScale: number
  /** Where a metric lives; undefined: not known. Series that the rules record are followed to their inputs first. */
  readonly world: (metric: string) => World | undefined
  /** Other files whose recorded series these rules may read. */
  readonly beside?: readonly RuleFile[]
}

export interface ScaledRuleFile {
  /** The author's file with durations scaled in place, comments kept; refused rules are commented out. A PrometheusRule gives its bare groups. */
  readonly text: string
  readonly refused: readonly { readonly alert: string; readonly reason: string; readonly line: number }[]
  readonly warnings: readonly Problem[]
}

/** Throws ScenarioError when the file cannot be read. */
export function scaleRuleFile(text: string, file: string, options: ScaleRulesOptions): ScaledRuleFile {
  const { file: rules, problems } = readRuleFile(text, file)
  if (problems.length > 0) throw new ScenarioError(problems)
  const source = new YamlSource(text, file, { editable: true })
  const scaled = options.timeScale === 1 ? { edits: [], refused: [], warnings: [] } : scale(source, rules, options)
  return { text: bareGroups(source, scaled.edits), refused: scaled.refused, warnings: scaled.warnings }
}

interface Scaled {
  readonly edits: readonly Edit[]
  readonly refused: ScaledRuleFile['refused']
  readonly warnings: readonly Problem[]
}

function scale(source: YamlSource, file: RuleFile, options: ScaleRulesOptions): Scaled {
  const world = worldOfAll([file, ...(options.beside ?? [])], options.world)
  const nodes = nodesByPlace(source)
  const edits = new Map<number, Edit>()
  const refused: ScaledRuleFile['refused'][number][] = []
  const warnings: Problem[] = []
  const change = (at: { from: number }, value: string): void => {
    const node = nodes.get(at.from)
    // An alias writes the same scalar twice; the last of equal edits counts.
    if (node !== undefined) edits.set(at.from, source.replace(node, value))
  }
  const shorten = (duration: Located<number> | undefined): void => {
    if (duration !== undefined && duration.value !== 0) change(duration, shortened(duration.value, options.timeScale))
  }
  for (const group of file.groups) {
    shorten(group.interval)
    shorten(group.queryOffset)
    const dropped: Rule[] = []
    for (const rule of group.rules) {
      const expression = scaleExpression(rule.expr.value, { timeScale: options.timeScale, world })
      for (const message of expression.warnings)
        warnings.push({
          file: file.file,
          line: rule.expr.line,
          column: rule.expr.column,
          message: `${rule.name}: ${message}`,
        })
      if (expression.refused !== undefined) {
        dropped.push(rule)
        refused.push({ alert: rule.name, reason: expression.refused, line: rule.line })
        continue
      }
      if (expression.text !== rule.expr.value) change(rule.expr, expression.text)
      if (rule.kind === 'alert') {
        shorten(rule.for)
        shorten(rule.keepFiringFor)
      }
    }
    for (const edit of leaveOut(file.text, group, dropped)) edits.set(edit.from, edit)
  }
  return { edits: [...edits.values()], refused, warnings }
}

/** At least 1 ms, the least that Prometheus knows. */
function shortened(seconds: number, timeScale: number): string {
  return formatDuration(Math.max(0.001, seconds / timeScale))
}

/** A recorded series lives where all its inputs live; of mixed ones it is not known. */
function worldOfAll(
  files: readonly RuleFile[],
  world: (metric: string) => World | undefined,
): (metric: string | undefined) => World | undefined {
  const recorded = new Map(files.flatMap(recordingRules).map(rule => [rule.name, rule.expression] as const))
  const known = new Map<string, World | undefined>()
  const look = (metric: string): World | undefined => {
    const expression = recorded.get(metric)
    if (expression === undefined) return world(metric)
    if (known.has(metric)) return known.get(metric)
    // A rule that reads itself adds nothing to its own inputs.
    known.set(metric, undefined)
    const worlds = new Set([...metricNames(expression)].filter(name => name !== metric).map(look))
    const byPattern = selectors(expression).some(
      selector => selector.name === undefined && selector.matchers.every(({ label }) => label !== '__name__'),
    )
    const [only] = worlds
    known.set(metric, worlds.size === 1 && !byPattern ? only : undefined)
    return known.get(metric)
  }
  return metric => (metric === undefined ? undefined : look(metric))
}

function nodesByPlace(source: YamlSource): Map<number, Node> {
  const nodes = new Map<number, Node>()
  const add = (entry: { node: Node | undefined }): void => {
    if (entry.node !== undefined) nodes.set(source.place(entry.node).from, entry.node)
  }
  for (const group of groupList(source))
    for (const entry of source.entries(group, 'a group')) {
      add(entry)
      if (entry.key === 'rules')
        for (const rule of source.list(entry.node, 'rules')) source.entries(rule, 'a rule').forEach(add)
    }
  return nodes
}

/** Comments refused rules out; in flow style, which has no lines of its own, they are taken out. */
function leaveOut(text: string, group: RuleGroup, dropped: readonly Rule[]): Edit[] {
  const edits: Edit[] = []
  for (const rule of dropped) {
    const lineStart = text.lastIndexOf('\n', rule.from - 1) + 1
    const lead = text.slice(lineStart, rule.from)
    if (/^\s*-\s+$/.test(lead)) {
      const end = rule.from + text.slice(rule.from, rule.to).trimEnd().length
      for (let at = lineStart; at < end; at = nextLine(text, at)) edits.push({ from: at, to: at, text: '# ' })
    } else {
      const comma = /^\s*,/.exec(text.slice(rule.to))
      edits.push({ from: rule.from, to: rule.to + (comma?.[0].length ?? 0), text: '' })
    }
  }
  const [first] = group.rules
  if (first !== undefined && dropped.length === group.rules.length) {
    const key = text.lastIndexOf('rules', first.from)
    const colon = text.indexOf(':', key) + 1
    if (/^\s*(#.*)?\n/.test(text.slice(colon))) edits.push({ from: colon, to: colon, text: ' []' })
  }
  return edits
}

function nextLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end + 1
}

/** The edited file; of a PrometheusRule, which Prometheus itself cannot load, what stands below `spec:`. */
function bareGroups(source: YamlSource, edits: readonly Edit[]): string {
  const spec = source.entries(source.document?.contents, 'a rule file').find(({ key }) => key === 'spec')
  const text = applyEdits(source.text, edits)
  if (spec === undefined) return text
  const edited = new YamlSource(text, source.file)
  const node = edited.entries(edited.document?.contents, 'a rule file').find(({ key }) => key === 'spec')?.node
  const { from, to } = edited.place(node)
  const lineStart = text.lastIndexOf('\n', from - 1) + 1
  const indent = ' '.repeat(from - lineStart)
  return `${indent}${text.slice(from, to)}`
    .split('\n')
    .map(line => (line.startsWith(indent) ? line.slice(indent.length) : line))
    .join('\n')
    .trimEnd()
    .concat('\n')
}
