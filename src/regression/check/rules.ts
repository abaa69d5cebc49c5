import { resolve } from 'node:path'
import { parseDuration } from '../../model/duration.ts'
import type { PromtoolPool, Question } from '../promtool/pool.ts'
import type { Outcome } from '../promtool/process.ts'
import { type PromtoolTest, readTestFile, type TestFile, writeTestFile } from '../promtool/test-file.ts'
import { type Failure, readFailures } from '../promtool/verdicts.ts'
import { askTests, isLong } from './ask-tests.ts'
import type { CheckFile } from './collect.ts'
import { type Prepared, RuleLibrary } from './library.ts'
import { type Checked, type CheckFailure, type Judged, WHOLE_FILE } from './result.ts'
import type { Single, Unexplained } from './single.ts'
import { located, refusal } from './words.ts'

/** Promtool unit-test files, with the verdicts and the words of promtool itself. */
export async function judgeRules(
  files: readonly CheckFile[],
  pool: PromtoolPool,
  share: boolean | undefined,
): Promise<Judged[]> {
  const library = new RuleLibrary()
  const wholes = new Set<TestFile>()
  const singles: Single[] = []
  const acceptances = new Map<string, { file: TestFile; prepared: Prepared; files: TestFile[] }>()
  const tests = files.map(({ file, text }) => readTestFile(file, text))
  for (const file of tests) {
    const prepared = file.whole === undefined ? library.prepare(file) : undefined
    if (prepared === undefined) {
      wholes.add(file)
      continue
    }
    const key = [...file.head, ...prepared.rules.files].join('\n')
    const acceptance = acceptances.get(key)
    if (acceptance === undefined) acceptances.set(key, { file, prepared, files: [file] })
    else acceptance.files.push(file)
    singles.push(...file.tests.map(test => ({ file, test, prepared })))
  }
  const [outcomes] = await Promise.all([
    askTests(singles, pool, share),
    ...[...acceptances.values()].map(async ({ file, prepared, files }) => {
      const { passed } = await pool.ask(acceptance(file, prepared))
      if (!passed) for (const one of files) wholes.add(one)
    }),
  ])
  for (const { file, test } of singles) if (refusesFile(outcomes.get(test))) wholes.add(file)
  const answers = new Map<TestFile, Outcome>()
  await Promise.all(
    [...wholes].map(async file => {
      answers.set(file, await pool.ask({ file: { path: file.file }, long: isLong(file.tests) }))
    }),
  )
  const unexplained: Unexplained[] = []
  const judged = new Map<TestFile, Checked[]>(tests.map(file => [file, []]))
  for (const [file, outcome] of answers) judged.get(file)?.push(judgeWhole(file, outcome))
  for (const single of singles) {
    const outcome = outcomes.get(single.test)
    if (outcome !== undefined && !wholes.has(single.file))
      judged.get(single.file)?.push(judgeSingle(single, outcome, unexplained))
  }
  if (unexplained.length > 0) {
    const { explain } = await import('./explain.ts')
    await explain(unexplained, pool)
  }
  return files.flatMap((file, index) => {
    const test = tests[index]
    return test === undefined ? [] : [{ file, named: test.ruleFiles, checked: judged.get(test) ?? [] }]
  })
}

/** Does promtool take the rule files and the head of the test file? No sample is played. */
function acceptance(file: TestFile, prepared: Prepared): Question {
  const originals = prepared.rules.files.map(path => resolve(path))
  const tests = () => writeTestFile(file.head, originals, ['- interval: 1m'])
  return { file: { tests, rules: 'groups: []\n' } }
}

/** A refusal may be about the whole file, whose other tests then have no verdict of their own either. */
function refusesFile(outcome: Outcome | undefined): boolean {
  return (
    outcome !== undefined &&
    !outcome.passed &&
    !outcome.timedOut &&
    readFailures(outcome.text).some(({ what, text }) => what === 'refusal' && /yaml|unmarshal|\.yml/.test(text))
  )
}

function judgeWhole(file: TestFile, outcome: Outcome): Checked {
  const basis = { kind: 'rules', file: file.file, line: 1, name: WHOLE_FILE, notes: [] } as const
  if (outcome.passed) return { ...basis, verdict: 'met', failures: [] }
  if (outcome.timedOut) return { ...basis, verdict: 'unknown', failures: [refusal(file.file, 1, outcome.text)] }
  const failures = readFailures(outcome.text).map(failure => {
    const test = file.tests.find(one => caseOf(one, failure) !== undefined)
    return located(file.file, (test && caseOf(test, failure)) ?? 1, failure)
  })
  return { ...basis, verdict: 'unmet', failures, ...refused(outcome) }
}

/** Nothing was evaluated: the file, a rule file or a series is not what promtool reads. */
function refused(outcome: Outcome): { refused?: true } {
  return readFailures(outcome.text).some(({ what }) => what === 'refusal') ? { refused: true } : {}
}

function judgeSingle(single: Single, outcome: Outcome, unexplained: Unexplained[]): Checked {
  const { file, test } = single
  const basis = { kind: 'rules', file: file.file, line: test.line, name: test.name, notes: [] } as const
  if (outcome.passed) return { ...basis, verdict: 'met', failures: [] }
  if (outcome.timedOut) return { ...basis, verdict: 'unknown', failures: [refusal(file.file, test.line, outcome.text)] }
  const failures = readFailures(outcome.text).map((failure): CheckFailure => {
    const found = located(file.file, caseOf(test, failure) ?? test.line, failure)
    const why: string[] = []
    unexplained.push({ single, failure, why })
    return { ...found, why }
  })
  return { ...basis, verdict: 'unmet', failures, ...refused(outcome) }
}

/** The line of the case that a failure is about. */
function caseOf(test: PromtoolTest, failure: Failure): number | undefined {
  const same = (at: string) => 'at' in failure && (at === failure.at || parseDuration(at) === parseDuration(failure.at))
  if (failure.what === 'alert') return test.alerts.find(({ alert, at }) => alert === failure.alert && same(at))?.line
  if (failure.what === 'expression' || failure.what === 'expression error')
    return test.expressions.find(({ expr, at }) => expr === failure.expr && same(at))?.line
  return undefined
}
