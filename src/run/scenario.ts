import { EnvironmentError, exitCodes, messageOf, ScenarioError } from '../model/errors.ts'
import type { RunContext } from '../model/kind.ts'
import { measure } from '../model/measures/index.ts'
import type { ScenarioRecord } from '../model/record.ts'
import type { Runtime } from '../model/runtime.ts'
import { type Verdict, worst } from '../model/verdict.ts'
import { Attempt } from './attempt.ts'
import type { Journal } from './journal.ts'
import type { LoadedScenario } from './load/scenario.ts'
import type { RunObserver } from './observer.ts'
import { type Plan, plan } from './plan.ts'
import { serviceOf } from './subject.ts'
import { startTimeline, type Timeline } from './timeline.ts'

export interface ScenarioOptions {
  readonly scenario: LoadedScenario
  /** Instead of what the scenario says, and then never another. */
  readonly timeScale?: number
  readonly journal: Journal
  readonly openRuntime: (signal: AbortSignal) => Promise<Runtime>
  readonly signal: AbortSignal
  readonly person: RunContext['person']
  readonly observer: Required<RunObserver>
}

export interface ScenarioResult {
  readonly record: ScenarioRecord
  /** Set when the harness failed, not the system under test. */
  readonly failure?: { readonly message: string; readonly exitCode: number }
  /** What a scrape really takes, when that is too long for the time scale; wall milliseconds. */
  readonly slowestMs: number | undefined
}

/** A time scale at which the engines did not keep up is halved, until there were so many attempts. */
const ATTEMPTS = 3

/** Runs one scenario to its record, whatever happens. Throws only what `plan` throws, before anything is booted. */
export async function runScenario(options: ScenarioOptions): Promise<ScenarioResult> {
  const { scenario, signal } = options
  const asked = options.timeScale ?? scenario.timeScale
  const earlier: ScenarioRecord['attempts'][number][] = []
  const startedAt = Date.now()
  for (let next = plan(scenario, asked); ; ) {
    const result = await attempt(options, next, startedAt, earlier)
    const { record } = result
    const again =
      options.timeScale === undefined &&
      isTooFast(record) &&
      next.timeScale > 1 &&
      earlier.length + 1 < ATTEMPTS &&
      record.damage.length === 0 &&
      result.failure === undefined &&
      !signal.aborted
    if (!again) return result
    earlier.push({ timeScale: next.timeScale, verdict: record.verdict, message: record.fidelity.message })
    next = slower(scenario, next, result.slowestMs)
  }
}

async function attempt(
  options: ScenarioOptions,
  chosen: Plan,
  startedAt: number,
  attempts: ScenarioRecord['attempts'],
): Promise<ScenarioResult> {
  const { scenario, journal, openRuntime, signal, person, observer } = options
  observer.scenarioStarted(scenario, chosen.timeScale, chosen.reason)
  journal.write({ entry: 'scenario.started', scenario: scenario.name })
  const timeline = startTimeline(chosen.timeScale, event => observer.event(scenario, event))
  const lived = new Attempt({
    scenario,
    plan: chosen,
    timeline,
    journal,
    openRuntime,
    signal,
    person,
    phase: phase => observer.phase(scenario, phase),
    finding: finding => observer.finding(scenario, finding),
  })
  await lived.run()
  journal.write({ entry: 'scenario.ended', scenario: scenario.name })
  const record = recordOf({
    scenario,
    chosen,
    timeline,
    lived,
    startedAt,
    attempts: [...attempts],
    interrupted: signal.aborted,
  })
  return { record, slowestMs: lived.slowestMs, ...failureOf(lived, signal) }
}

function recordOf(given: {
  scenario: LoadedScenario
  chosen: Plan
  timeline: Timeline
  lived: Attempt
  startedAt: number
  attempts: ScenarioRecord['attempts']
  interrupted: boolean
}): ScenarioRecord {
  const { scenario, chosen, timeline, lived, startedAt, attempts, interrupted } = given
  const { source, name, title, system, rationale, objectives } = scenario
  const shown = (at: number | undefined) => (at === undefined ? undefined : timeline.shown(at))
  const partial = {
    scenario: name,
    file: source.file,
    title,
    system,
    ...(rationale === undefined ? {} : { rationale }),
    startedAt,
    endedAt: Date.now(),
    timeScale: chosen.timeScale,
    timeScaleReason: chosen.reason,
    attempts,
    services: lived.services,
    configuration: lived.configuration,
    objectives,
    findings: lived.findings,
    steps: lived.steps.map(step => ({
      ...step,
      startedAt: timeline.shown(step.startedAt),
      ...(step.endedAt === undefined ? {} : { endedAt: timeline.shown(step.endedAt) }),
    })),
    faults: lived.faults.map(({ name, kind, evidence, injectedAt, rolledBackAt }) => ({
      name,
      kind,
      evidence,
      ...defined('injectedAt', shown(injectedAt)),
      ...defined('rolledBackAt', shown(rolledBackAt)),
    })),
    probes: scenario.probes.map(({ name, kind, spec, everyMs }) => ({
      name,
      kind,
      everyMs,
      ...defined('service', serviceOf(spec)),
    })),
    timeline: timeline.recorded(),
    fidelity: lived.fidelity,
    errors: lived.failures.map(({ thrown }) => described(thrown)),
    damage: lived.damage,
  }
  const measures = measure({
    objectives,
    probes: partial.probes,
    events: partial.timeline,
    timeScale: chosen.timeScale,
    expectations: scenario.expect,
  })
  return { ...partial, measures, verdict: verdictOf(lived, measures, interrupted) }
}

/** Unmet only when the system under test was seen to fail, at a pace at which what was seen means something. */
function verdictOf(
  { findings, steps, failures, fidelity, damage }: Attempt,
  measures: ScenarioRecord['measures'],
  interrupted: boolean,
): Verdict {
  if (interrupted || fidelity.verdict === 'unknown') return 'unknown'
  const failedSteps = steps.filter(({ outcome }) => outcome === 'failed').map((): Verdict => 'unmet')
  const harness = failures.length > 0 || damage.length > 0 ? (['unknown'] as const) : []
  return worst([...findings, ...measures].map(({ verdict }) => verdict).concat(failedSteps, harness))
}

function failureOf({ failures }: Attempt, signal: AbortSignal): Pick<ScenarioResult, 'failure'> {
  if (signal.aborted)
    return { failure: { message: `interrupted: ${messageOf(signal.reason)}`, exitCode: exitCodes.unknown } }
  const [first] = failures
  if (first === undefined) return {}
  const message = messageOf(first.thrown)
  if (first.thrown instanceof EnvironmentError) return { failure: { message, exitCode: exitCodes.environment } }
  if (first.thrown instanceof ScenarioError) return { failure: { message, exitCode: exitCodes.author } }
  if (isDefect(first.thrown)) return { failure: { message, exitCode: exitCodes.bug } }
  // A fault that cannot be injected, a probe that cannot be opened: nothing was learnt about the system.
  return { failure: { message, exitCode: exitCodes.unknown } }
}

function isDefect(thrown: unknown): thrown is Error {
  return thrown instanceof TypeError || thrown instanceof ReferenceError || thrown instanceof RangeError
}

function described(thrown: unknown): ScenarioRecord['errors'][number] {
  // A defect of ours needs its place, as a service needs its last lines.
  if (isDefect(thrown)) return { message: messageOf(thrown), ...defined('lastLog', thrown.stack) }
  if (!(thrown instanceof EnvironmentError)) return { message: messageOf(thrown) }
  return { message: thrown.message, ...defined('advice', thrown.advice), ...defined('lastLog', thrown.lastLog) }
}

function isTooFast({ fidelity }: ScenarioRecord): boolean {
  return fidelity.verdict === 'unknown'
}

/** The same scenario at half the pace, or at the one that the slowest scrape allows. */
function slower(scenario: LoadedScenario, { timeScale }: Plan, slowestMs: number | undefined): Plan {
  const half = Math.max(1, Math.floor(timeScale / 2))
  const reason = `the engines did not keep up at ${timeScale}`
  if (slowestMs === undefined) return { ...plan(scenario, half), reason }
  const possible = Math.floor((scenario.monitoring.scrapeInterval * 1000) / (2 * slowestMs))
  const took = `${reason}, where a scrape takes ${Math.round(slowestMs)} ms`
  return { ...plan(scenario, Math.max(1, Math.min(half, possible))), reason: took }
}

function defined<Key extends string, Value>(key: Key, value: Value | undefined): Partial<Record<Key, Value>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, Value>)
}
