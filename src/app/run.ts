import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { exitCodes, ScenarioError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import type { DrillFacts, RunRecord } from '../model/record.ts'
import type { RuntimeName } from '../model/runtime.ts'
import { readRecord, renderReports, reports, type WrittenReport } from '../reports/index.ts'
import { executeDrill } from '../run/index.ts'
import { type LoadedDrill, loadDrill } from '../run/load/index.ts'
import { chooseRuntime, stateDirectory } from '../runtimes/index.ts'
import { removeLeftovers } from './leftovers.ts'
import { personAt } from './run-person.ts'
import { progress } from './run-progress.ts'
import { resultLines } from './run-result.ts'

export interface RunCommandOptions {
  readonly runtime?: RuntimeName
  readonly timeScale?: number
  /** Only these scenarios of the drill. */
  readonly scenario?: readonly string[]
  /** The run archive. */
  readonly reports: string
  readonly json?: boolean
}

/** When neither the drill nor anybody else says which. */
const FORMATS = ['html', 'junit', 'summary', 'metrics'] as const

/** `genesis-drill run`: from files to a record, its reports and the exit code. */
export async function runCommand(files: readonly string[], options: RunCommandOptions): Promise<number> {
  const drill = chosenScenarios(await loadDrill(files, { formats: Object.keys(reports) }), options.scenario)
  const out = options.json ? process.stderr : process.stdout
  const state = stateDirectory()
  const { lines } = await removeLeftovers(state)
  for (const line of lines) out.write(`${line}\n`)
  const runtime = await chooseRuntime(options.runtime)
  if (!options.json) out.write(`Runtime: ${runtime.name} (${runtime.reason})\n`)

  using interruption = interruptible(out)
  using shown = progress(options.json ? undefined : out)
  const person = options.json ? undefined : personAt(process.stdin, process.stdout, shown)
  const previousRun = await lastRun(join(options.reports, drill.name))
  const record = await executeDrill(drill, {
    runtime: runtime.name,
    state,
    signal: interruption.signal,
    observer: shown.observer,
    ...(person === undefined ? {} : { person }),
    ...(options.timeScale === undefined ? {} : { timeScale: options.timeScale }),
    ...(previousRun === undefined ? {} : { previousRun }),
  })
  shown.end()

  const directory = join(options.reports, drill.name, record.run)
  const formats = drill.formats.length > 0 ? drill.formats : FORMATS
  const written = await renderReports(record, directory, formats)
  const code = exitCodeOf(record)
  if (options.json) process.stdout.write(`${JSON.stringify(forMachines(record, written, code), null, 2)}\n`)
  else for (const line of resultLines(record, written, process.stdout)) out.write(`${line}\n`)
  return code
}

function exitCodeOf({ failure, verdict }: RunRecord): number {
  return failure?.exitCode ?? exitCodes[verdict]
}

function chosenScenarios(drill: LoadedDrill, names: readonly string[] | undefined): LoadedDrill {
  if (names === undefined) return drill
  const known = drill.scenarios.map(({ name }) => name)
  const unknown = names.filter(name => !known.includes(name))
  if (unknown.length > 0)
    throw new ScenarioError(
      unknown.map(name => {
        const close = nearest(name, known)
        const message = `no scenario ${name}${close === undefined ? '' : `; did you mean ${close}?`} Known: ${known.join(', ')}`
        return { file: drill.source?.file ?? '--scenario', message }
      }),
    )
  return { ...drill, scenarios: drill.scenarios.filter(({ name }) => names.includes(name)) }
}

/** The first SIGINT or SIGTERM rolls back; further ones change nothing, so that impatience leaves no damage. */
function interruptible(out: NodeJS.WritableStream): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  const interrupt = (signal: NodeJS.Signals): void => {
    out.write(
      controller.signal.aborted ? 'Still rolling back.\n' : `${signal}: rolling back, then writing the record.\n`,
    )
    controller.abort(new Error(signal))
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
    },
  }
}

/** The newest readable record of this drill in the archive; run ids sort by time. */
async function lastRun(folder: string): Promise<DrillFacts['previousRun']> {
  const runs = (await readdir(folder).catch(() => [])).toSorted().reverse()
  for (const run of runs) {
    const record = await readRecord(join(folder, run, 'record.json')).catch(() => undefined)
    if (record !== undefined) return { run: record.run, startedAt: record.startedAt, verdict: record.verdict }
  }
  return undefined
}

/** The record without its timelines, which are in the files. */
function forMachines(record: RunRecord, written: readonly WrittenReport[], exitCode: number) {
  const scenarios = record.scenarios.map(({ timeline, configuration: _, ...rest }) => ({
    ...rest,
    events: timeline.length,
  }))
  return { ...record, scenarios, exitCode, reports: written }
}
