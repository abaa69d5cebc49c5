import { parsePromql } from '../../promql/parse.ts'
import type { PromtoolPool, Question } from '../promtool/pool.ts'
import type { Outcome } from '../promtool/process.ts'
import { type CarriedRule, writeRuleLines } from '../promtool/rule-set.ts'
import { sequenceKey, sequences, shiftable } from '../promtool/sequence.ts'
import { type AlertCase, type PromtoolTest, writeTest, writeTestFile } from '../promtool/test-file.ts'
import { readFailures } from '../promtool/verdicts.ts'
import { type Fates, type RuleMutant, writeRule } from './rule-mutants.ts'
import { evaluationsOf, secondsOf, type Watcher, whereOf } from './watchers.ts'

/** Mutants that run side by side in one database; more would make one slow test hold up all others. */
const MOST_BESIDE = 40
/** Evaluations that cost more than to ask promtool twice. */
const WORTH_A_LOOK = 1_500

/** A mutant with a number of its own. */
export interface Candidate {
  readonly mutant: RuleMutant
  readonly number: number
}

/**
 * Copies of an alert stand beside the original under names of their own, one for each mutant, and every case of the test is asked of
 * each: one database judges dozens of mutants. Most mutants are noticed as soon as the alert fires, so where there is much to evaluate
 * the tests are looked at in turn: the shortest until it fires, the one that says most, the others from the shortest on.
 */
export async function beside(
  candidates: readonly Candidate[],
  watchers: readonly Watcher[],
  fates: Fates,
  pool: PromtoolPool,
): Promise<void> {
  const direct = watchers.filter(watcher => watcher.direct)
  if (direct.length === 0) return
  const alive = () => candidates.filter(({ mutant }) => !fates.has(mutant))
  const costs = (tests: readonly Watcher[]) => alive().length * sum(tests.map(evaluationsOf))
  const ask = (tests: readonly Watcher[]) =>
    Promise.all(
      inParts(alive()).flatMap(part => inSequences(tests, part).map(members => askBeside(members, part, fates, pool))),
    )
  const said = ({ single, rule }: Watcher) => firingOf(single.test, rule.name).length
  const [most, ...others] = direct.toSorted((a, b) => said(b) - said(a))
  let left = [...(most === undefined ? [] : [most]), ...others.sort((a, b) => evaluationsOf(a) - evaluationsOf(b))]
  if (costs(left) > WORTH_A_LOOK) await ask(openings(direct).slice(0, 1))
  while (left.length > 0) {
    const looked = costs(left) > WORTH_A_LOOK ? left.slice(0, 1) : left
    await ask(looked)
    left = left.slice(looked.length)
  }
}

async function askBeside(
  members: readonly Watcher[],
  part: readonly Candidate[],
  fates: Fates,
  pool: PromtoolPool,
): Promise<void> {
  // A copy that cannot be evaluated ends the test for all: without it the others are asked again.
  for (let stopped = true; stopped; ) {
    const left = part.filter(({ mutant }) => !fates.has(mutant))
    if (left.length === 0) return
    stopped = noteKilled(await pool.ask(besideQuestion(members, left)), left, members, fates)
  }
}

/** Tests until the alert fires for the first time, the one with the fewest evaluations first. */
function openings(watchers: readonly Watcher[]): Watcher[] {
  return watchers
    .flatMap(watcher => {
      const { single, rule } = watcher
      const first = Math.min(...firingOf(single.test, rule.name).map(secondsOf))
      if (!Number.isFinite(first)) return []
      const alerts = single.test.alerts.filter(one => secondsOf(one) <= first)
      const opening = { ...watcher, single: { ...single, test: { ...single.test, alerts } } }
      return [{ opening, evaluations: evaluationsOf(opening) }]
    })
    .sort((a, b) => a.evaluations - b.evaluations)
    .map(({ opening }) => opening)
}

function firingOf(test: PromtoolTest, name: string): AlertCase[] {
  return test.alerts.filter(({ alert, count }) => alert === name && count > 0)
}

/** Notes who was noticed. True when the test ended early, so that the rest must be asked again. */
function noteKilled(outcome: Outcome, asked: readonly Candidate[], members: readonly Watcher[], fates: Fates): boolean {
  if (outcome.passed) return false
  const by = whereOf(members)
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
  // Memories add up along recorded series; copies stand in the place of the rule, so the longest of them counts.
  const others = [...kept].filter(one => one !== rule)
  const longest = copies.map(copy => shiftable(onlyCasesOf(watcher), [...others, copy], single.file.evaluationInterval))
  if (longest.includes(undefined)) return undefined
  const base = shiftable(onlyCasesOf(watcher), kept, single.file.evaluationInterval)
  return base && { ...base, pause: Math.max(base.pause, ...longest.map(each => each?.pause ?? 0)) }
}

function besideQuestion(members: readonly Watcher[], part: readonly Candidate[]): Question {
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
  const tests = (ruleFiles: readonly string[]) => writeTestFile(single.file.head, ruleFiles, texts)
  return { file: { tests, rules }, weight: sum(members.map(evaluationsOf)) * part.length }
}

/** The same rule under another name. */
function renamed(rule: CarriedRule, name: string): string {
  return rule.yaml.replace(
    /^\{alert: (?:"(?:[^"\\]|\\.)*"|[^,}]*)|(, alert: )(?:"(?:[^"\\]|\\.)*"|[^,}]*)/,
    (_, later?: string) => `${later ?? '{alert: '}${JSON.stringify(name)}`,
  )
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

/** As few parts as hold no more than may run side by side, all about as long. */
export function inParts<T>(list: readonly T[]): T[][] {
  const count = Math.ceil(list.length / MOST_BESIDE)
  const size = Math.ceil(list.length / Math.max(1, count))
  return Array.from({ length: count }, (_, index) => list.slice(index * size, (index + 1) * size))
}
