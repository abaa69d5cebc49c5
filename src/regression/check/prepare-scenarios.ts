import { dirname, join } from 'node:path'
import { type Problem, ScenarioError } from '../../model/errors.ts'
import type { CheckFile } from './collect.ts'
import { type Prepared, RuleLibrary } from './library.ts'
import { type PlayedScenario, readScenario } from './scenario-file.ts'

/** A scenario with the rules that it names. */
export interface PreparedScenario {
  readonly file: CheckFile
  readonly scenario: PlayedScenario
  readonly prepared: Prepared
}

/** Only a live run can play it, for this reason. */
export interface LiveScenario {
  readonly file: CheckFile
  readonly live: string
}

/** Those that only a live run can play come with the reason. Throws ScenarioError with the problems of all files. */
export function prepareScenarios(files: readonly CheckFile[]): (PreparedScenario | LiveScenario)[] {
  const library = new RuleLibrary()
  const problems: Problem[] = []
  const read = files.flatMap((file): (PreparedScenario | LiveScenario)[] => {
    try {
      const scenario = readScenario(file)
      if ('live' in scenario) return [{ file, live: scenario.live }]
      const prepared = library.prepareFiles(scenario.rules.map(rule => join(dirname(file.file), rule)))
      if (prepared !== undefined) return [{ file, scenario, prepared }]
      const message = `its rule files (${scenario.rules.join(', ')}) cannot be read; promtool check rules tells why`
      problems.push({ file: file.file, line: scenario.line, message })
    } catch (thrown) {
      if (!(thrown instanceof ScenarioError)) throw thrown
      problems.push(...thrown.problems)
    }
    return []
  })
  if (problems.length > 0) throw new ScenarioError(problems)
  return read
}
