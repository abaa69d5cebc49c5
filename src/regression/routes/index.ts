import { readFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { type Problem, ScenarioError } from '../../model/errors.ts'
import { readAlertmanager } from '../../monitoring/alertmanager/read.ts'
import type { CheckFile } from '../check/collect.ts'
import { type Checked, type Judged, WHOLE_FILE } from '../check/result.ts'
import type { Engine } from '../promtool/engine.ts'
import type { Scratch } from '../promtool/scratch.ts'
import { Refused } from './alertmanager.ts'
import { askAlertmanager, type RouteAnswer } from './ask.ts'
import type { RouteTest } from './file.ts'
import { judgeRoute } from './judge.ts'
import { type ReadRoutes, readRoutes } from './read.ts'
import { contains } from './time-interval.ts'

/** Route tests, answered by one real Alertmanager for each configuration that they name. */
export async function judgeRoutes(files: readonly CheckFile[], engine: Engine, scratch: Scratch): Promise<Judged[]> {
  const problems: Problem[] = []
  const read = files.flatMap(file => {
    try {
      return [readRoutes(file)]
    } catch (thrown) {
      if (!(thrown instanceof ScenarioError)) throw thrown
      problems.push(...thrown.problems)
      return []
    }
  })
  if (problems.length > 0) throw new ScenarioError(problems)
  const results = new Map<ReadRoutes, Checked[]>()
  for (const [path, same] of Map.groupBy(read, routes => routes.alertmanager)) {
    const text = readFileSync(path, 'utf8')
    const { config } = readAlertmanager(text, path)
    const questions = same.flatMap(routes => routes.tests.map(test => ({ routes, test })))
    let answers: RouteAnswer[]
    try {
      answers = await askAlertmanager(
        { file: path, text },
        questions.map(({ test }) => questionOf(test, config)),
        engine,
        scratch,
      )
    } catch (thrown) {
      if (!(thrown instanceof Refused || thrown instanceof RangeError)) throw thrown
      for (const routes of same) results.set(routes, [refused(routes, path, thrown.message)])
      continue
    }
    for (const [index, { routes, test }] of questions.entries()) {
      const answer = answers[index] ?? { alerts: [], groups: [] }
      const checked = judgeRoute(routes, routes.tests.indexOf(test), answer, config)
      results.set(routes, [...(results.get(routes) ?? []), checked])
    }
  }
  return read.map(routes => ({
    file: routes.source,
    checked: results.get(routes) ?? [],
    named: [relative(dirname(routes.source.file), routes.alertmanager)],
  }))
}

/** The membership of the test's instant in each of the file's time intervals. */
export function questionOf(test: RouteTest, { timeIntervals }: ReturnType<typeof readAlertmanager>['config']) {
  const at = test.at === undefined ? undefined : new Date(test.at)
  return {
    alerts: test.alerts.map(({ labels }) => labels),
    silences: test.silences,
    membership: at && new Map(timeIntervals.map(({ name, intervals }) => [name, contains(intervals, at)])),
  }
}

function refused({ source }: ReadRoutes, path: string, message: string): Checked {
  const failure = {
    file: path,
    line: Number(/line (\d+)/.exec(message)?.[1] ?? 1),
    message: `Alertmanager refuses it: ${message}`,
    why: [],
  }
  return {
    kind: 'routes',
    file: source.file,
    line: 1,
    name: WHOLE_FILE,
    verdict: 'unmet',
    refused: true,
    failures: [failure],
    notes: [],
  }
}
