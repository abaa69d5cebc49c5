import { isLong } from '../check/ask-tests.ts'
import type { PromtoolPool } from '../promtool/pool.ts'
import { writeRuleLines } from '../promtool/rule-set.ts'
import { writeTest, writeTestFile } from '../promtool/test-file.ts'
import { type Fates, type RuleMutant, writeRule } from './rule-mutants.ts'
import { type Watcher, whereOf } from './watchers.ts'

/**
 * The mutant takes the place of the rule, one database for each: for recording rules, and for what only other rules show. Tests that name
 * what it records are asked first: they say most, and what reads it may look back over days.
 */
export async function inPlace(
  mutant: RuleMutant,
  watchers: readonly Watcher[],
  fates: Fates,
  pool: PromtoolPool,
): Promise<void> {
  const indirect = watchers.filter(watcher => watcher.indirect)
  const names = ({ single: { test }, rule }: Watcher) => test.expressions.some(({ expr }) => expr === rule.name)
  for (const some of [indirect.filter(names), indirect.filter(watcher => !names(watcher))]) {
    await Promise.all(inOneFile(some).map(place => ask(mutant, place, fates, pool)))
    if (fates.get(mutant)?.fate === 'killed') return
  }
}

async function ask(mutant: RuleMutant, place: Place, fates: Fates, pool: PromtoolPool): Promise<void> {
  const { head, rules, texts, members } = place
  const tests = (ruleFiles: readonly string[]) => writeTestFile(head, ruleFiles, texts)
  const long = isLong(members.map(({ single }) => single.test))
  const outcome = await pool.ask({ file: { tests, rules: rules(mutant) }, long, weight: members.length })
  if (outcome.passed || fates.get(mutant)?.fate === 'killed') return
  if (outcome.timedOut) fates.set(mutant, { fate: 'not counted', reason: outcome.text })
  else fates.set(mutant, { fate: 'killed', by: whereOf(members) })
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
    // The tests hold, so no other rule can fail them: what they ask about is enough.
    const kept = new Set(members.flatMap(({ single }) => [...single.prepared.selection.neededBy(single.test)]))
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
