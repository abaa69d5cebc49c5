import { exitCodes, ScenarioError } from '../model/errors.ts'
import { reports } from '../reports/index.ts'
import { loadDrill } from '../run/load/index.ts'
import { failure } from './failure.ts'

/** `genesis-drill validate`: reads everything that a run would read, starts nothing. */
export async function validateCommand(files: readonly string[], options: { json?: boolean }): Promise<number> {
  try {
    const drill = await loadDrill(files, { formats: Object.keys(reports) })
    const scenarios = drill.scenarios.map(({ name, source }) => ({ scenario: name, file: source.file }))
    if (options.json) console.log(JSON.stringify({ valid: true, drill: drill.name, scenarios, problems: [] }, null, 2))
    else console.log(`${drill.name}: ${scenarios.length} scenario${scenarios.length === 1 ? '' : 's'}, no problem`)
    return exitCodes.met
  } catch (error) {
    if (options.json !== true || !(error instanceof ScenarioError)) return failure(error, process.stderr)
    console.log(JSON.stringify({ valid: false, problems: error.problems }, null, 2))
    return exitCodes.author
  }
}
