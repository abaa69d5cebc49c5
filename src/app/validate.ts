import { exitCodes, type Problem, ScenarioError } from '../model/errors.ts'
import { reports } from '../reports/index.ts'
import { loadDrill } from '../run/load/index.ts'
import { failure } from './failure.ts'

/** `genesis-drill validate`: reads everything that a run of each file would read, and starts nothing. */
export async function validateCommand(files: readonly string[], options: { json?: boolean }): Promise<number> {
  const problems: Problem[] = []
  const drills: { drill: string; scenarios: string[] }[] = []
  for (const file of files) {
    try {
      const drill = await loadDrill([file], { formats: Object.keys(reports) })
      drills.push({ drill: drill.name, scenarios: drill.scenarios.map(({ source }) => source.file) })
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error
      problems.push(...error.problems.filter(one => !problems.some(known => sameProblem(one, known))))
    }
  }
  if (options.json) console.log(JSON.stringify({ valid: problems.length === 0, drills, problems }, null, 2))
  else
    for (const { drill, scenarios } of drills)
      console.log(`${drill}: ${scenarios.length} scenario${scenarios.length === 1 ? '' : 's'}, no problem`)
  if (problems.length === 0) return exitCodes.met
  return options.json ? exitCodes.author : failure(new ScenarioError(problems), process.stderr)
}

/** Two drills may run the same scenario. */
function sameProblem(a: Problem, b: Problem): boolean {
  return a.file === b.file && a.line === b.line && a.column === b.column && a.message === b.message
}
