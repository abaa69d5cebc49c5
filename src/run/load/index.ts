import { glob } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ScenarioError } from '../../model/errors.ts'
import { decode } from './decode.ts'
import { loadScenario } from './load-scenario.ts'
import type { LoadedDrill, LoadedScenario } from './scenario.ts'
import { drillShape } from './shape.ts'
import { Problems, parseYaml, readSource, repositoryOf, shown } from './source.ts'

export type { LoadedDrill } from './scenario.ts'

/**
 * Loads a drill, or loose scenarios as a drill of their own. Throws a ScenarioError with every problem of every file.
 * `formats` are the known report formats, which run does not know by itself.
 */
export async function loadDrill(files: readonly string[], known: { formats: readonly string[] }): Promise<LoadedDrill> {
  const problems = new Problems()
  const loose: LoadedScenario[] = []
  const drills: LoadedDrill[] = []
  for (const file of await expand(files)) {
    const root = repositoryOf(file)
    const source = await readSource(resolve(file), root, problems)
    const yaml = source && parseYaml(source, problems)
    if (source === undefined || yaml === undefined) continue
    const value = (typeof yaml.value === 'object' && yaml.value !== null ? yaml.value : {}) as Record<string, unknown>
    if ('drill' in value) {
      const shape = decode(drillShape, value, yaml, [], problems)
      if (shape === undefined) continue
      const { formats, ...report } = shape.report
      for (const [index, format] of formats.entries())
        if (!known.formats.includes(format))
          problems.add(
            source.file,
            `unknown report format "${format}". Known: ${known.formats.join(', ')}`,
            yaml.position(['report', 'formats', index]),
          )
      const scenarios: LoadedScenario[] = []
      for (const [index, pattern] of shape.scenarios.entries()) {
        const paths = await matches(pattern, dirname(source.path))
        if (paths.length === 0)
          problems.add(
            source.file,
            `no file matches ${pattern} in ${shown(dirname(source.path))}`,
            yaml.position(['scenarios', index]),
          )
        for (const path of paths) {
          const scenario = await loadFile(path, root, problems, {
            file: source.file,
            position: yaml.position(['scenarios', index]),
          })
          if (scenario !== undefined) scenarios.push(scenario)
        }
      }
      drills.push({
        source,
        name: shape.drill,
        title: shape.title ?? shape.drill,
        scenarios: unique(scenarios),
        formats,
        report: Object.fromEntries(
          Object.entries(report).filter(([, value]) => value !== undefined),
        ) as LoadedDrill['report'],
        ...(shape.schedule === undefined ? {} : { schedule: shape.schedule }),
      })
    } else if ('scenario' in value) {
      const scenario = await loadScenario(yaml, root, problems)
      if (scenario !== undefined) loose.push(scenario)
    } else
      problems.add(
        source.file,
        'neither a scenario nor a drill: expected "scenario: name" or "drill: name" at its top',
        { line: 1, column: 1 },
      )
  }
  if (drills.length > 1 || (drills.length === 1 && loose.length > 0))
    problems.add(
      drills[0]?.source?.file ?? '',
      'one run is one drill: expected one drill file, or scenario files alone',
    )
  if (problems.all.length > 0) throw new ScenarioError(problems.all)
  const [drill] = drills
  if (drill !== undefined) return drill
  const [only] = loose
  return {
    name: loose.length === 1 && only !== undefined ? only.name : 'loose-scenarios',
    title: loose.length === 1 && only !== undefined ? only.title : `${loose.length} scenarios`,
    scenarios: loose,
    formats: [],
    report: {},
  }
}

async function loadFile(
  path: string,
  root: string,
  problems: Problems,
  from: { file: string; position: { line: number; column: number } },
): Promise<LoadedScenario | undefined> {
  const source = await readSource(path, root, problems, from)
  const yaml = source && parseYaml(source, problems)
  return yaml === undefined ? undefined : loadScenario(yaml, root, problems)
}

async function matches(pattern: string, folder: string): Promise<string[]> {
  if (!/[*?[{]/.test(pattern)) return [resolve(folder, pattern)]
  const found: string[] = []
  for await (const match of glob(pattern, { cwd: folder })) found.push(resolve(folder, match))
  const scenarios: string[] = []
  for (const path of found.sort()) if (await isScenario(path)) scenarios.push(path)
  return scenarios
}

/** Beside scenarios, their folder holds the monitoring files that they name. */
async function isScenario(path: string): Promise<boolean> {
  const problems = new Problems()
  const source = await readSource(path, dirname(path), problems)
  return source !== undefined && /^scenario:/m.test(source.text)
}

async function expand(files: readonly string[]): Promise<string[]> {
  return (await Promise.all(files.map(file => matches(file, process.cwd())))).flat()
}

function unique(scenarios: readonly LoadedScenario[]): LoadedScenario[] {
  return [...new Map(scenarios.map(scenario => [scenario.source.path, scenario])).values()]
}
