import { randomBytes } from 'node:crypto'
import { Cron } from 'croner'
import { exitCodes, ScenarioError } from '../model/errors.ts'
import { utcStamp } from '../model/instant.ts'
import type { RunContext } from '../model/kind.ts'
import type { DrillFacts, RunRecord, ScenarioRecord } from '../model/record.ts'
import type { RuntimeName } from '../model/runtime.ts'
import { worst } from '../model/verdict.ts'
import { claimRun, journalFile, openRuntime, releaseRun } from '../runtimes/index.ts'
import { harnessFacts, machineFacts } from './facts.ts'
import { openJournal } from './journal.ts'
import type { LoadedDrill } from './load/scenario.ts'
import { type RunObserver, shield } from './observer.ts'
import { plan } from './plan.ts'
import { runScenario, type ScenarioResult } from './scenario.ts'

export type { RunObserver } from './observer.ts'

export interface ExecuteOptions {
  readonly runtime: RuntimeName
  /** The state directory: journals and what crashed runs have left. */
  readonly state: string
  readonly run?: string
  readonly signal: AbortSignal
  /** Who can be asked; absent without a terminal. */
  readonly person?: NonNullable<RunContext['person']>
  readonly observer?: RunObserver
  /** Instead of what the scenarios say. */
  readonly timeScale?: number
  readonly previousRun?: NonNullable<DrillFacts['previousRun']>
}

/** Sortable, and fit for names of containers and folders. */
function newRunId(): string {
  return `${utcStamp(Date.now())}-${randomBytes(2).toString('hex')}`
}

/**
 * Runs all scenarios of a drill, one after the other, and gives the record, whatever happens to them. Throws ScenarioError or
 * EnvironmentError only before anything was booted. An interruption ends the present scenario (rolled back) and those behind it.
 */
export async function executeDrill(drill: LoadedDrill, options: ExecuteOptions): Promise<RunRecord> {
  const { runtime, state, signal, run = newRunId(), timeScale } = options
  planAll(drill, timeScale)
  const observer = shield(options.observer ?? {})
  await claimRun(state, run)
  using journal = openJournal(journalFile(state, run))
  const startedAt = Date.now()
  journal.write({ entry: 'run.started', run, pid: process.pid, drill: drill.name })
  observer.runStarted(run, drill)

  const results: ScenarioResult[] = []
  for (const scenario of drill.scenarios) {
    if (signal.aborted) break
    const result = await runScenario({
      scenario,
      ...(timeScale === undefined ? {} : { timeScale }),
      journal,
      openRuntime: booting => openRuntime({ name: runtime, run, state, signal: booting }),
      signal,
      person: options.person,
      observer,
    })
    results.push(result)
    observer.scenarioEnded(scenario, result.record)
  }

  const scenarios = results.map(({ record }) => record)
  const failure = failureOf(results, scenarios)
  const verdict = signal.aborted ? 'unknown' : worst(scenarios.map(record => record.verdict))
  journal.write({ entry: 'run.ended', run, verdict })
  // What stayed damaged keeps its journal, so that `clean` knows of it.
  if (scenarios.every(({ damage }) => damage.length === 0)) await releaseRun(state, run)
  const record: RunRecord = {
    version: 1,
    run,
    drill: drillFacts(drill, options.previousRun),
    startedAt,
    endedAt: Date.now(),
    verdict,
    ...(failure === undefined ? {} : { failure }),
    machine: machineFacts(),
    harness: await harnessFacts(),
    runtime,
    scenarios,
  }
  observer.runEnded(record)
  return record
}

/** Every problem of every scenario at once, before anything is booted. */
function planAll(drill: LoadedDrill, timeScale: number | undefined): void {
  const problems = drill.scenarios.flatMap(scenario => {
    try {
      plan(scenario, timeScale ?? scenario.timeScale)
      return []
    } catch (thrown) {
      if (thrown instanceof ScenarioError) return thrown.problems
      throw thrown
    }
  })
  if (problems.length > 0) throw new ScenarioError(problems)
}

function failureOf(results: readonly ScenarioResult[], scenarios: readonly ScenarioRecord[]): RunRecord['failure'] {
  const damage = scenarios.flatMap(record => record.damage)
  if (damage.length > 0)
    return {
      message: `still damaged: ${damage.map(({ what }) => what).join('; ')}`,
      exitCode: exitCodes.rollbackFailed,
    }
  return results.find(({ failure }) => failure !== undefined)?.failure
}

function drillFacts(drill: LoadedDrill, previousRun: DrillFacts['previousRun']): DrillFacts {
  const { name, title, source, report, schedule } = drill
  const nextDue =
    schedule === undefined ? undefined : new Cron(schedule.cron, { timezone: schedule.timezone }).nextRun()?.getTime()
  return {
    name,
    title,
    ...(source === undefined ? {} : { file: source.file }),
    report,
    ...(schedule === undefined ? {} : { schedule }),
    ...(previousRun === undefined ? {} : { previousRun }),
    ...(nextDue === undefined ? {} : { nextDue }),
  }
}
