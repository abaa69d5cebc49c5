import { formatDuration, parseDuration } from '../../model/duration.ts'
import { parsePromql } from '../../promql/parse.ts'
import { isLong } from '../check/ask-tests.ts'
import type { Question } from '../promtool/pool.ts'
import { type CarriedRule, writeRuleLines } from '../promtool/rule-set.ts'
import { commonDivisor, pauseOf, sequenceKey, sequences, shiftable } from '../promtool/sequence.ts'
import { type PromtoolTest, writeTest, writeTestFile } from '../promtool/test-file.ts'
import { type RuleMutant, writeRule } from './rule-mutants.ts'
import { secondsOf, type Watcher } from './watchers.ts'

/** A mutant with a number of its own. */
export interface Candidate {
  readonly mutant: RuleMutant
  readonly number: number
}

/** The name under which it stands beside the original. */
export function copyName({ mutant, number }: Candidate): string {
  return `${mutant.rule.name}#${number}`
}

/** Tests that can share a database, together; others alone. */
export function inSequences(watchers: readonly Watcher[], part: readonly Candidate[]): Watcher[][] {
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

/** Asks every case of these tests, which can share a database, of each copy. */
export function besideQuestion(members: readonly Watcher[], part: readonly Candidate[]): Question {
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
  const { head, texts, evaluations } = play(first, members, part)
  const tests = (ruleFiles: readonly string[]) => writeTestFile(head, ruleFiles, texts)
  return {
    file: { tests, rules },
    long: isLong(members.map(member => member.single.test)),
    weight: evaluations * part.length,
  }
}

/** The tests for all copies, and how often each copy is evaluated. */
function play(first: Watcher, members: readonly Watcher[], part: readonly Candidate[]) {
  const { single } = first
  const multiply = (test: PromtoolTest): PromtoolTest => ({
    ...test,
    alerts: test.alerts.flatMap(one => part.map(candidate => ({ ...one, alert: copyName(candidate) }))),
  })
  const every = parseDuration(single.file.evaluationInterval ?? '1m') || 60
  const alone = multiply({ ...onlyCasesOf(first), interval: single.test.interval ?? formatDuration(every) })
  const placed =
    members.length === 1
      ? [{ tests: [{ test: alone, start: 0 }], text: writeTest(alone) }]
      : sequences(
          members.flatMap(member => {
            const moved = shiftableFor(member, part)
            return moved === undefined ? [] : [{ ...moved, test: multiply(moved.test) }]
          }),
          1,
        )
  const instants = placed.flatMap(({ tests }) =>
    tests.flatMap(({ test, start }) => test.alerts.map(asked => start + Math.floor(secondsOf(asked) / every) * every)),
  )
  const step = rememberNothing(part, neededBy(first)) ? instants.reduce(commonDivisor, 0) || every : every
  const head = [
    ...single.file.head.filter(line => !line.startsWith('evaluation_interval:')),
    `evaluation_interval: ${formatDuration(step)}`,
  ]
  const evaluations = Math.max(...instants) / step
  return { head, texts: placed.map(({ text }) => text), evaluations }
}

/** Whether they fire depends on the instant alone, so that no other instants than those asked about need be evaluated. */
function rememberNothing(part: readonly Candidate[], kept: ReadonlySet<CarriedRule>): boolean {
  return kept.size === 1 && part.every(({ mutant: { changed } }) => !changed?.for && !changed?.keepFiringFor)
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
  // Memories add up along recorded series; copies stand in the place of the rule, so the longest of them counts.
  const others = [...kept].filter(one => one !== rule)
  const pauses = copies.map(copy => pauseOf([...others, copy]))
  const base = shiftable(onlyCasesOf(watcher), kept, single.file.evaluationInterval)
  if (base === undefined || pauses.includes(undefined)) return undefined
  return { ...base, pause: Math.max(base.pause, ...pauses.map(pause => pause ?? 0)) }
}

/** The same rule under another name. */
function renamed(rule: CarriedRule, name: string): string {
  return rule.yaml.replace(
    /^\{alert: (?:"(?:[^"\\]|\\.)*"|[^,}]*)|(, alert: )(?:"(?:[^"\\]|\\.)*"|[^,}]*)/,
    (_, later?: string) => `${later ?? '{alert: '}${JSON.stringify(name)}`,
  )
}
