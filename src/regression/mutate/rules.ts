import { realpathSync } from 'node:fs'
import type { RuleFile } from '../../monitoring/rules/read.ts'
import { parsePromql } from '../../promql/parse.ts'
import type { Expression } from '../../promql/tree.ts'
import { metricName, selectors } from '../../promql/walk.ts'
import type { Single } from '../check/single.ts'
import { askPromtool, type PoolOptions } from '../promtool/pool.ts'
import type { Outcome } from '../promtool/process.ts'
import { type CarriedRule, writeRuleLines } from '../promtool/rule-set.ts'
import { sequenceKey, sequences, shiftable } from '../promtool/sequence.ts'
import { type AlertCase, type PromtoolTest, writeTest, writeTestFile } from '../promtool/test-file.ts'
import { readFailures } from '../promtool/verdicts.ts'
import type { Fate } from './mutant.ts'
import { type RuleMutant, ruleMutants, writeRule } from './rule-mutants.ts'

/** Mutants that run side by side in one database; more would make one slow test hold up all others. */
const MOST_BESIDE = 40

/** A mutant with the rule of the tests' rule set that it stands for. */
interface Candidate {
  readonly mutant: RuleMutant
  readonly number: number
}

/** Asks whether any of the tests, all of which hold, notices each mutant. */
export async function killRuleMutants(
  files: readonly RuleFile[],
  tests: readonly Single[],
  options: PoolOptions,
): Promise<Map<RuleMutant, Fate>> {
  const fates = new Map<RuleMutant, Fate>()
  const open: Candidate[] = []
  for (const mutant of files.flatMap(ruleMutants))
    if (mutant.equivalent !== undefined) fates.set(mutant, { fate: 'not counted', reason: mutant.equivalent })
    else open.push({ mutant, number: open.length })
  const watch = watchersOf(files, tests)
  const alive = () => open.filter(({ mutant }) => !fates.has(mutant))
  await beside(alive(), watch, fates, options)
  await inPlace(alive(), watch, fates, options)
  for (const { mutant } of alive()) fates.set(mutant, { fate: 'survived' })
  return fates
}

/** A test that can see a rule, and the rule as the test's own rule set has it. */
interface Watcher {
  readonly single: Single
  readonly rule: CarriedRule
  /** It names the alert: copies of the alert beside the original can be asked in its place. */
  readonly direct: boolean
  /** Besides, other cases of it depend on the rule. */
  readonly indirect: boolean
}

type Watch = (mutant: RuleMutant) => readonly Watcher[]

function watchersOf(files: readonly RuleFile[], tests: readonly Single[]): Watch {
  const watchers = new Map<string, Watcher[]>()
  for (const single of tests) {
    const { test, prepared } = single
    const named = new Set(test.alerts.map(({ alert }) => alert))
    const parsed = test.expressions.map(({ expr }) => parsePromql(expr))
    const unreadable = parsed.some(expression => 'error' in expression)
    const expressions = parsed.flatMap(expression => ('error' in expression ? [] : [expression]))
    const needed = prepared.selection.needed(named, expressions)
    for (const [file, rules] of Map.groupBy(
      prepared.rules.groups.flatMap(group => group.rules),
      rule => real(rule.file),
    ))
      for (const [index, rule] of rules.entries()) {
        if (!needed.has(rule) && !unreadable) continue
        const direct = rule.kind === 'alert' && named.has(rule.name) && !readsStates(rule.expression)
        const others = [...named].filter(name => name !== rule.name)
        const indirect = !direct || unreadable || prepared.selection.needed(others, expressions).has(rule)
        const key = `${file} ${index}`
        watchers.set(key, [...(watchers.get(key) ?? []), { single, rule, direct, indirect }])
      }
  }
  const keys = new Map(
    files.flatMap(({ file, groups }) =>
      groups.flatMap(({ rules }) => rules).map((rule, index) => [rule, `${real(file)} ${index}`] as const),
    ),
  )
  return ({ rule }) => watchers.get(keys.get(rule) ?? '') ?? []
}

function readsStates(expression: Expression): boolean {
  return selectors(expression).some(selector => /^ALERTS|^$/.test(metricName(selector) ?? ''))
}

/**
 * Copies of an alert stand beside the original under names of their own, one for each mutant, and every case of the test is asked of
 * each: one database judges dozens of mutants. First the test that says most of the alert, then all others.
 */
async function beside(
  candidates: readonly Candidate[],
  watch: Watch,
  fates: Map<RuleMutant, Fate>,
  options: PoolOptions,
): Promise<void> {
  const groups = [...Map.groupBy(candidates, ({ mutant }) => mutant.rule).values()].flatMap(group => {
    const [first] = group
    const watchers = first === undefined ? [] : watch(first.mutant).filter(({ direct }) => direct)
    const name = first?.mutant.rule.name
    const said = ({ single }: Watcher) =>
      single.test.alerts.filter(({ alert, count }) => alert === name && count > 0).length
    return watchers.length === 0 ? [] : [{ group, watchers: watchers.toSorted((a, b) => said(b) - said(a)) }]
  })
  for (const pick of [(all: readonly Watcher[]) => all.slice(0, 1), (all: readonly Watcher[]) => all.slice(1)]) {
    let tasks = groups.flatMap(({ group, watchers }) =>
      chunks(group, MOST_BESIDE).flatMap(part => inSequences(pick(watchers), part).map(members => ({ members, part }))),
    )
    // A copy that cannot be evaluated ends the test for all: without it the others are asked again.
    while (tasks.length > 0) {
      const again: typeof tasks = []
      const questions = tasks.flatMap(({ members, part }) => {
        const left = part.filter(({ mutant }) => !fates.has(mutant))
        if (left.length === 0) return []
        const answer = (outcome: Outcome) => {
          const stopped = noteKilled(outcome, left, members, fates)
          if (stopped) again.push({ members, part: left })
        }
        return [{ ...besideQuestion(members, left), answer }]
      })
      await askPromtool(questions, options)
      tasks = again
    }
  }
}

/** Notes who was noticed. True when the test ended early, so that the rest must be asked again. */
function noteKilled(
  outcome: Outcome,
  asked: readonly Candidate[],
  members: readonly Watcher[],
  fates: Map<RuleMutant, Fate>,
): boolean {
  if (outcome.passed) return false
  const by = members.length === 1 ? placeOf(members[0]) : `one of ${members.length} tests, ${placeOf(members[0])} ...`
  if (outcome.timedOut) {
    for (const { mutant } of asked) fates.set(mutant, { fate: 'not counted', reason: outcome.text })
    return false
  }
  const named = new Map(asked.map(candidate => [copyName(candidate), candidate.mutant]))
  let stopped = false
  let told = false
  for (const failure of readFailures(outcome.text)) {
    const name = failure.what === 'alert' ? failure.alert : failure.what === 'rule' ? failure.rule : ''
    const mutant = named.get(name)
    if (mutant !== undefined) {
      told = true
      fates.set(mutant, { fate: 'killed', by: failure.what === 'rule' ? `${by}: ${failure.error}` : by })
    }
    if (failure.what === 'rule') stopped = true
  }
  if (!told) {
    // Refused as a whole: asked one by one, in place.
    const [only] = asked
    if (asked.length === 1 && only !== undefined)
      fates.set(only.mutant, {
        fate: 'not counted',
        reason: `promtool refuses it: ${outcome.text.trim().split('\n')[0]}`,
      })
  }
  return stopped && told
}

function copyName({ mutant, number }: Candidate): string {
  return `${mutant.rule.name}#${number}`
}

function placeOf(watcher: Watcher | undefined): string {
  return watcher === undefined ? '' : `${watcher.single.file.file}:${watcher.single.test.line}`
}

/** Tests that can share a database, together; others alone. */
function inSequences(watchers: readonly Watcher[], part: readonly Candidate[]): Watcher[][] {
  const alone: Watcher[][] = []
  const movable = new Map<string, Watcher[]>()
  for (const watcher of watchers) {
    const moved = shiftableFor(watcher, part)
    if (moved === undefined) alone.push([watcher])
    else {
      const kept = neededBy(watcher)
      const key = [
        sequenceKey(moved),
        watcher.single.file.head.join(),
        [...kept].map(rule => `${rule.file}:${rule.line}`).join(),
      ].join('\n')
      movable.set(key, [...(movable.get(key) ?? []), watcher])
    }
  }
  return [...movable.values(), ...alone]
}

/** The tests hold, so no other rule can fail them: what the alert needs is enough. */
function neededBy({ single, rule }: Watcher): ReadonlySet<CarriedRule> {
  return single.prepared.selection.needed([rule.name], [])
}

/** The test with the cases of the alert alone. */
function onlyCasesOf({ single: { test }, rule }: Watcher): PromtoolTest {
  return { ...test, alerts: test.alerts.filter(({ alert }) => alert === rule.name), expressions: [] }
}

function shiftableFor(watcher: Watcher, part: readonly Candidate[]) {
  const { single, rule } = watcher
  const kept = neededBy(watcher)
  const copies = part.flatMap(({ mutant }): CarriedRule[] => {
    const expression = mutant.changed === undefined ? undefined : parsePromql(mutant.changed.expr)
    return expression === undefined || 'error' in expression ? [] : [{ ...rule, expression }]
  })
  // Memories add up along recorded series; copies stand side by side, so the longest of them counts.
  const longest = copies.map(copy => shiftable(onlyCasesOf(watcher), [...kept, copy], single.file.evaluationInterval))
  if (longest.includes(undefined)) return undefined
  const base = shiftable(onlyCasesOf(watcher), kept, single.file.evaluationInterval)
  return base && { ...base, pause: Math.max(base.pause, ...longest.map(each => each?.pause ?? 0)) }
}

function besideQuestion(members: readonly Watcher[], part: readonly Candidate[]) {
  const [first] = members
  if (first === undefined) throw new Error('no test to ask')
  const { single, rule } = first
  const kept = neededBy(first)
  const namesakes = single.prepared.rules.groups
    .flatMap(group => group.rules)
    .filter(({ kind, name }) => kind === 'alert' && name === rule.name)
  const copies = (of: CarriedRule): string[] =>
    part.flatMap(candidate => {
      const name = copyName(candidate)
      if (of !== rule) return namesakes.includes(of) ? [renamed(of, name)] : []
      return candidate.mutant.changed === undefined ? [] : [writeRule('alert', name, candidate.mutant.changed)]
    })
  const rules = writeRuleLines(single.prepared.rules.groups, of =>
    kept.has(of) ? (namesakes.includes(of) ? copies(of) : [of.yaml]) : [],
  )
  const multiply = (cases: readonly AlertCase[]) =>
    cases.flatMap(one => part.map(candidate => ({ ...one, alert: copyName(candidate) })))
  const texts =
    members.length === 1
      ? [writeTest(onlyCasesOf(first), multiply(onlyCasesOf(first).alerts), [])]
      : sequences(
          members.flatMap(member => {
            const moved = shiftableFor(member, part)
            return moved === undefined
              ? []
              : [{ ...moved, test: { ...moved.test, alerts: multiply(moved.test.alerts) } }]
          }),
          1,
        ).map(({ text }) => text)
  return { file: { tests: (ruleFiles: readonly string[]) => writeTestFile(single.file.head, ruleFiles, texts), rules } }
}

/** The same rule under another name. */
function renamed(rule: CarriedRule, name: string): string {
  return rule.yaml.replace(
    /^\{alert: (?:"(?:[^"\\]|\\.)*"|[^,}]*)|(, alert: )(?:"(?:[^"\\]|\\.)*"|[^,}]*)/,
    (_, later?: string) => `${later ?? '{alert: '}${JSON.stringify(name)}`,
  )
}

/** The mutant takes the place of the rule, one database for each: for recording rules, and for what only other rules show. */
async function inPlace(
  candidates: readonly Candidate[],
  watch: Watch,
  fates: Map<RuleMutant, Fate>,
  options: PoolOptions,
): Promise<void> {
  const questions = candidates.flatMap(({ mutant }) =>
    inOneFile(watch(mutant).filter(({ indirect }) => indirect)).map(({ head, rules, texts, members }) => ({
      file: { tests: (ruleFiles: readonly string[]) => writeTestFile(head, ruleFiles, texts), rules: rules(mutant) },
      answer: (outcome: Outcome) => {
        if (outcome.passed || fates.get(mutant)?.fate === 'killed') return
        if (outcome.timedOut) fates.set(mutant, { fate: 'not counted', reason: outcome.text })
        else
          fates.set(mutant, {
            fate: 'killed',
            by:
              members.length === 1 ? placeOf(members[0]) : `one of ${members.length} tests, ${placeOf(members[0])} ...`,
          })
      },
    })),
  )
  await askPromtool(questions, options)
}

interface Place {
  readonly head: readonly string[]
  readonly rules: (mutant: RuleMutant) => string
  readonly texts: readonly string[]
  readonly members: readonly Watcher[]
}

/** Tests with the same head and the same rule files go into one test file. */
function inOneFile(watchers: readonly Watcher[]): Place[] {
  const alike = Map.groupBy(watchers, ({ single }) => [...single.file.head, ...single.prepared.rules.files].join('\n'))
  return [...alike.values()].flatMap(members => {
    const [first] = members
    if (first === undefined) return []
    const kept = new Set(members.flatMap(({ single }) => [...single.prepared.selection.select(single.test)]))
    const rules = (mutant: RuleMutant) =>
      writeRuleLines(first.single.prepared.rules.groups, of => {
        if (!kept.has(of)) return []
        if (of !== first.rule) return [of.yaml]
        return mutant.changed === undefined ? [] : [writeRule(of.kind, of.name, mutant.changed)]
      })
    const texts = members.map(({ single }) => writeTest(single.test))
    return [{ head: first.single.file.head, rules, texts, members }]
  })
}

function chunks<T>(list: readonly T[], most: number): T[][] {
  const count = Math.ceil(list.length / most)
  const size = Math.ceil(list.length / Math.max(1, count))
  return Array.from({ length: count }, (_, index) => list.slice(index * size, (index + 1) * size))
}

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
