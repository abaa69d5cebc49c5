import type { PromtoolPool } from '../promtool/pool.ts'
import type { Outcome } from '../promtool/process.ts'
import type { AlertCase, PromtoolTest } from '../promtool/test-file.ts'
import { readFailures } from '../promtool/verdicts.ts'
import { besideQuestion, type Candidate, copyName, inSequences } from './copies.ts'
import type { Fates } from './rule-mutants.ts'
import { evaluationsOf, secondsOf, type Watcher, whereOf } from './watchers.ts'

/** Mutants that run side by side in one database; more would make one slow test hold up all others. */
const MOST_BESIDE = 40
/** Evaluations that cost more than to ask promtool twice. */
const WORTH_A_LOOK = 400

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

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

/** As few parts as hold no more than may run side by side, all about as long. */
export function inParts<T>(list: readonly T[]): T[][] {
  const count = Math.ceil(list.length / MOST_BESIDE)
  const size = Math.ceil(list.length / Math.max(1, count))
  return Array.from({ length: count }, (_, index) => list.slice(index * size, (index + 1) * size))
}
