import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { RunRecord, ScenarioRecord } from '../src/model/record.ts'
import { executeDrill } from '../src/run/index.ts'
import { loadDrill } from '../src/run/load/index.ts'
import { stateDirectory } from '../src/runtimes/index.ts'
import type { BenchOptions } from './bench.ts'

/** A folder that is gone afterwards, whatever happens. */
export async function inFolder<Result>(
  files: Readonly<Record<string, string>>,
  body: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'genesis-drill-bench-'))
  try {
    await mkdir(join(folder, '.git'))
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), text)
    }
    return await body(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs scenario files (in the bench's own folder or the repository's) and gives the record. */
export async function drill(
  files: readonly string[],
  { runtime, signal }: BenchOptions,
  timeScale?: number,
): Promise<RunRecord> {
  return executeDrill(await loadDrill(files, { formats: [] }), {
    runtime,
    signal,
    state: stateDirectory(),
    ...(timeScale === undefined ? {} : { timeScale }),
  })
}

/** The only scenario of a record. Throws when it is not met, since a figure of a failed run means nothing. */
export function metScenario(record: RunRecord): ScenarioRecord {
  const [scenario] = record.scenarios
  if (scenario === undefined || record.failure !== undefined)
    throw new Error(`no scenario was run: ${record.failure?.message ?? 'unknown'}`)
  const wrong = [
    ...scenario.findings,
    ...scenario.measures.map(measure => ({
      verdict: measure.verdict,
      message: `${measure.name}: ${measure.reason ?? measure.value}`,
    })),
  ].filter(one => one.verdict !== 'met')
  if (wrong.length > 0) throw new Error(`${scenario.scenario} is not met: ${wrong.map(one => one.message).join('; ')}`)
  return scenario
}
