import { availableParallelism } from 'node:os'
import { parseDuration } from '../../model/duration.ts'
import { askPromtool, type PoolOptions, type Question } from '../promtool/pool.ts'
import type { Outcome } from '../promtool/process.ts'
import { writeRules } from '../promtool/rule-set.ts'
import { type Sequence, type Shiftable, sequenceKey, sequences, shiftable, testsOf } from '../promtool/sequence.ts'
import { type PromtoolTest, writeTest, writeTestFile } from '../promtool/test-file.ts'
import { readFailures } from '../promtool/verdicts.ts'
import type { Single } from './single.ts'

const DAY = 86_400
/** Fewer tests than this in a database are not worth the detour. */
const FEWEST = 2

export interface AskTestsOptions extends PoolOptions {
  /** False: every test gets a database of its own. */
  readonly share?: boolean | undefined
}

/** promtool's answer for each test, given only the rules that it needs; `others` are asked beside them. */
export async function askTests(
  singles: readonly Single[],
  others: readonly Question[],
  options: AskTestsOptions,
): Promise<Map<PromtoolTest, Outcome>> {
  const outcomes = new Map<PromtoolTest, Outcome>()
  const alone: Single[] = []
  const shared = options.share === false ? [] : shareDatabases(singles, options)
  const inSequence = new Set(shared.flatMap(({ sequence }) => sequence.tests.map(({ test }) => test)))
  const single = (one: Single) => questionOf(one, outcome => outcomes.set(one.test, outcome))
  await askPromtool(
    [
      ...others,
      ...shared.map(({ sequence, head, rules, singles: members }) => ({
        file: { tests: (ruleFiles: readonly string[]) => writeTestFile(head, ruleFiles, [sequence.text]), rules },
        answer: (outcome: Outcome) => {
          const failed = outcome.passed
            ? new Set<PromtoolTest>()
            : testsOf(outcome.timedOut ? [] : readFailures(outcome.text), sequence)
          // A failure is told in the words, and at the time, of the test alone.
          for (const member of members)
            if (failed === undefined || outcome.timedOut || failed.has(member.test)) alone.push(member)
            else outcomes.set(member.test, { passed: true, text: '' })
        },
      })),
      ...singles.filter(({ test }) => !inSequence.has(test)).map(single),
    ],
    options,
  )
  await askPromtool(alone.map(single), options)
  return outcomes
}

interface Shared {
  readonly sequence: Sequence
  readonly head: readonly string[]
  readonly rules: string
  readonly singles: readonly Single[]
}

function shareDatabases(singles: readonly Single[], { jobs = availableParallelism() }: PoolOptions): Shared[] {
  const alike = new Map<string, { shiftable: Shiftable; single: Single; rules: string }[]>()
  for (const single of singles) {
    const { prepared, test, file } = single
    const kept = prepared.selection.select(test)
    const movable = shiftable(test, kept, file.evaluationInterval)
    if (movable === undefined) continue
    const rules = rulesOf(single)
    const key = [rules, ...file.head, sequenceKey(movable)].join('\n')
    const group = alike.get(key)
    if (group === undefined) alike.set(key, [{ shiftable: movable, single, rules }])
    else group.push({ shiftable: movable, single, rules })
  }
  const least = Math.max(1, Math.ceil((jobs * 2) / Math.max(1, alike.size)))
  return [...alike.values()].flatMap(group => {
    const [first] = group
    if (first === undefined || group.length < FEWEST) return []
    const bySingle = new Map(group.map(({ single }) => [single.test, single]))
    return sequences(
      group.map(one => one.shiftable),
      least,
    ).map(sequence => ({
      sequence,
      head: first.single.file.head,
      rules: first.rules,
      singles: sequence.tests.flatMap(({ test }) => bySingle.get(test) ?? []),
    }))
  })
}

function questionOf(single: Single, answer: (outcome: Outcome) => void): Question {
  const { file, test } = single
  return {
    file: { tests: ruleFiles => writeTestFile(file.head, ruleFiles, [writeTest(test)]), rules: rulesOf(single) },
    long: isLong([test]),
    answer,
  }
}

function rulesOf({ prepared, test }: Single): string {
  const kept = prepared.selection.select(test)
  return writeRules(prepared.rules.groups, rule => kept.has(rule))
}

/** Databases over more than a day take hundreds of megabytes. */
export function isLong(tests: readonly PromtoolTest[]): boolean {
  return tests.some(test => [...test.alerts, ...test.expressions].some(({ at }) => (parseDuration(at) ?? 0) > DAY))
}
