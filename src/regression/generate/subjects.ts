import { join, relative, resolve } from 'node:path'
import { parse, stringify } from 'yaml'
import { type Problem, ScenarioError } from '../../model/errors.ts'
import { alertRules, type RuleFile, recordingRules } from '../../monitoring/rules/read.ts'
import type { Recording } from '../../promql/solve/recordings.ts'
import type { Notation } from '../../promql/solve/timeline.ts'
import { lookBack } from '../../promql/walk.ts'
import { type CarriedGroup, type CarriedRule, carryRules, writeRules } from '../promtool/rule-set.ts'
import { type Selection, selectionOf } from '../promtool/selection.ts'
import type { PromtoolTest } from '../promtool/test-file.ts'
import { readRuleFiles } from '../rule-files.ts'
import { slug, stem, write } from './files.ts'
import type { RecordingSubject, Subject } from './subject.ts'

export interface Source {
  readonly file: RuleFile
  /** What promtool is given. */
  readonly path: string
  readonly groups: readonly CarriedGroup[]
}

/** Rule files as promtool can be given them. A PrometheusRule resource is copied to the output without what Kubernetes needs. */
export function readSources(patterns: readonly string[], out: string): Source[] {
  const problems: Problem[] = []
  const sources = readRuleFiles(patterns).flatMap((file): Source[] => {
    const groups = carryRules(file.file, file.text)
    if (groups !== undefined) return [{ file, groups, path: file.file }]
    const path = join(out, 'rules', `${slug(stem(file.file))}.yml`)
    const plain = ruleResource(file.text)
    const copied = plain === undefined ? undefined : carryRules(path, plain)
    if (plain === undefined || copied === undefined) {
      const message =
        'promtool does not read it as a rule file: expected nothing but groups: at the top, or a PrometheusRule'
      problems.push({ file: file.file, message })
      return []
    }
    write(path, `# The spec of ${file.file}: promtool reads no Kubernetes resources.\n${plain}`)
    return [{ file, groups: copied, path }]
  })
  if (problems.length > 0) throw new ScenarioError(problems)
  return sources
}

/** The rules of a PrometheusRule as a rule file. */
function ruleResource(text: string): string | undefined {
  const resource: unknown = parse(text)
  const spec = typeof resource === 'object' && resource !== null && 'spec' in resource ? resource.spec : undefined
  return typeof spec === 'object' && spec !== null ? stringify(spec, { lineWidth: 0 }) : undefined
}

/** What is asked of promtool about a rule. */
interface Asked {
  readonly alerts: readonly string[]
  readonly expressions: readonly string[]
}

/** Every alert and every recording rule, with the rules that decide what they do. Tests will lie in the folder `out`. */
export function subjectsOf(
  sources: readonly Source[],
  out: string,
): { readonly alerts: readonly Subject[]; readonly records: readonly RecordingSubject[] } {
  const recordings = new Map<string, Recording[]>()
  for (const { file } of sources)
    for (const rule of recordingRules(file)) recordings.set(rule.name, [...(recordings.get(rule.name) ?? []), rule])
  const all = sources.flatMap(source => source.groups)
  const whole = selectionOf({ files: sources.map(({ path }) => path), groups: all })
  const sets = new Map<string, { groups: readonly CarriedGroup[]; selection: Selection }>()
  const setOf = (files: readonly string[]) => {
    const key = files.join('\n')
    const known = sets.get(key)
    if (known !== undefined) return known
    const groups = all.filter(({ file }) => files.includes(file))
    const set = { groups, selection: selectionOf({ files, groups }) }
    sets.set(key, set)
    return set
  }
  const tested = (source: Source, folder: string, asked: Asked) => {
    const test = testOf(asked, [])
    // What it reads may be recorded in other files.
    const recorded = [...whole.neededBy(test)].filter(({ kind }) => kind === 'record')
    const files = [...new Set([source.path, ...recorded.map(({ file }) => file)])]
    const { groups, selection } = setOf(files)
    const at = resolve(join(out, folder, slug(stem(source.path))))
    const needed = selection.neededBy(test)
    return {
      file: source.file.file,
      rulePaths: files,
      ruleFiles: files.map(path => relative(at, resolve(path))),
      rulesFor: (series: readonly Notation[], furthest = Number.POSITIVE_INFINITY) => {
        const kept = selection.select(testOf(asked, series))
        return writeRules(groups, one => needed.has(one) || (kept.has(one) && lookBack(one.expression) <= furthest))
      },
      order: orderOf(groups, needed),
      recordings,
      groups,
      needed,
    }
  }
  const alerts = sources.flatMap(source => {
    const carried = source.groups.flatMap(({ rules }) => rules.filter(({ kind }) => kind === 'alert'))
    return alertRules(source.file).map((rule, index): Subject => {
      const { groups, needed, ...rest } = tested(source, 'alerts', { alerts: [rule.name], expressions: [] })
      const isNamesake = (one: CarriedRule) => one.kind === 'alert' && one.name === rule.name && one !== carried[index]
      const alone = (one: CarriedRule) => needed.has(one) && !isNamesake(one)
      return { ...rest, rule, rulesAlone: [...needed].some(isNamesake) ? writeRules(groups, alone) : undefined }
    })
  })
  const records = sources.flatMap(source =>
    recordingRules(source.file).map((rule): RecordingSubject => {
      const { groups: _, needed: __, ...rest } = tested(source, 'recordings', { alerts: [], expressions: [rule.name] })
      return { ...rest, rule }
    }),
  )
  return { alerts, records }
}

function testOf({ alerts, expressions }: Asked, series: readonly Notation[]): PromtoolTest {
  const place = { file: '', line: 1 }
  return {
    ...place,
    index: 0,
    name: '',
    interval: undefined,
    rest: [],
    externalLabels: [],
    series: series.map(one => ({ ...one, line: 1 })),
    alerts: alerts.map(alert => ({ alert, at: '0s', line: 1, expected: undefined, count: 0 })),
    expressions: expressions.map(expr => ({ expr, at: '0s', line: 1, expected: undefined })),
  }
}

/** Groups that only record first; promtool goes through them in this order. */
function orderOf(groups: readonly CarriedGroup[], kept: ReadonlySet<CarriedRule>): readonly string[] | undefined {
  const needed = groups.filter(({ rules }) => rules.some(rule => kept.has(rule)))
  const alerts = ({ rules }: CarriedGroup) => rules.some(rule => kept.has(rule) && rule.kind === 'alert')
  const ordered = [...needed.filter(group => !alerts(group)), ...needed.filter(alerts)]
  return ordered.length < 2 ? undefined : ordered.map(({ name }) => name)
}
