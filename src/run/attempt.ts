import { messageOf } from '../model/errors.ts'
import type { Evidence, Finding } from '../model/finding.ts'
import type { RunContext } from '../model/kind.ts'
import type { RecordedFinding, ScenarioRecord, StepRecord } from '../model/record.ts'
import type { Runtime } from '../model/runtime.ts'
import type { Phase } from '../model/timeline.ts'
import { cadenceOf } from './cadence.ts'
import { runContext } from './context.ts'
import { type Damage, damageBook } from './damage.ts'
import { checker } from './expectations.ts'
import { type FidelityGuard, guardFidelity } from './fidelity.ts'
import { type Findings, findingsBook } from './findings.ts'
import type { Journal } from './journal.ts'
import { withLimit } from './limit.ts'
import { registries } from './load/registries.ts'
import type { LoadedScenario, LoadedStep } from './load/scenario.ts'
import { breakAndObserve, type Observed } from './observation.ts'
import type { Cadence } from './observe.ts'
import { PaceError } from './pace.ts'
import { alertsUnderTest, type Plan } from './plan.ts'
import { type RunningProbe, runProbe } from './probes.ts'
import { record } from './recorder.ts'
import { recover } from './recovery.ts'
import { sample } from './samples.ts'
import { boot, type Stack } from './stack.ts'
import { afterwards, SETTLE_MS, steadyBefore } from './steady-phases.ts'
import { serviceOf } from './subject.ts'
import type { Timeline } from './timeline.ts'

export interface AttemptOptions {
  readonly scenario: LoadedScenario
  readonly plan: Plan
  readonly timeline: Timeline
  readonly journal: Journal
  readonly openRuntime: (signal: AbortSignal) => Promise<Runtime>
  readonly signal: AbortSignal
  readonly person: RunContext['person']
  readonly phase: (phase: Phase) => void
  readonly finding: (finding: RecordedFinding) => void
}

type Failure = { readonly thrown: unknown; readonly during: Phase }

/** Wall milliseconds that an injection and a rollback may take; the drill's own deadlines do not count for them. */
const INJECT_MS = 120_000
const ROLLBACK_MS = 120_000
/** One boot of a scenario at one time scale, from the first process to the last. `run` never throws: what went wrong is in `failures`. */
export class Attempt {
  readonly failures: Failure[] = []
  readonly leftovers: { what: string; undo: string }[] = []
  steps: readonly StepRecord[] = []
  fidelity: Finding = {
    verdict: 'unknown',
    message: 'the engines were not watched: the run ended before',
    evidence: [],
  }
  /** What a scrape really takes, when that is too long for the time scale; wall milliseconds. */
  slowestMs: number | undefined
  services: ScenarioRecord['services'] = []
  configuration: ScenarioRecord['configuration'] = []

  readonly #given: AttemptOptions
  readonly #cadence: Cadence
  readonly #findings: Findings
  #damage: Damage | undefined
  #phase: Phase = 'booting'

  constructor(given: AttemptOptions) {
    this.#given = given
    this.#cadence = cadenceOf(given.scenario, given.timeline)
    this.#findings = findingsBook(given.timeline, given.finding)
  }

  get findings(): readonly RecordedFinding[] {
    return this.#findings.all
  }

  get faults(): Damage['faults'] {
    return this.#damage?.faults ?? []
  }

  get damage(): readonly { what: string; undo: string }[] {
    return [...(this.#damage?.remaining ?? []), ...this.leftovers]
  }

  async run(): Promise<void> {
    const environment = new AsyncDisposableStack()
    try {
      await this.#live(environment)
    } catch (thrown) {
      this.#fail(thrown)
    }
    try {
      await environment.disposeAsync()
    } catch (thrown) {
      this.#fail(thrown)
      this.leftovers.push({
        what: `what scenario ${this.#given.scenario.name} had started: ${messageOf(thrown)}`,
        undo: 'genesis-drill clean',
      })
    }
    this.#enter('ended')
    this.#settleRest()
  }

  async #live(environment: AsyncDisposableStack): Promise<void> {
    const { scenario, plan, timeline, journal, signal, person } = this.#given
    this.#enter('booting')
    const stack = await this.#boot(environment)
    this.services = stack.services
    this.configuration = stack.configuration
    const fidelity = environment.use(
      guardFidelity({
        prometheus: stack.monitoring.prometheus,
        targets: stack.targets,
        steadyInstances: untouched(stack, scenario),
        scrapeMs: timeline.clock.wallMilliseconds(scenario.monitoring.scrapeInterval),
        timeScale: plan.timeScale,
        intervalMs: timeline.clock.wallMilliseconds(scenario.monitoring.evaluationInterval),
      }),
    )
    await fidelity.start()
    environment.use(
      record({ monitoring: stack.monitoring, inbox: stack.inbox, timeline, everyMs: this.#cadence.everyMs }),
    )
    const probes = await this.#openProbes(environment, stack)
    const context = runContext({
      stack,
      timeline,
      services: scenario.services.map(({ name }) => name),
      probes,
      signal,
      person,
    })
    const damage = damageBook({
      scenario: scenario.name,
      timeline,
      journal,
      injectMs: INJECT_MS,
      rollbackMs: ROLLBACK_MS,
      signal,
    })
    this.#damage = damage

    const observed = { scenario, context, timeline, signal, cadence: this.#cadence, findings: this.#findings }
    this.#enter('steady')
    if (await steadyBefore(observed, probes)) {
      // Nothing is broken at a pace at which nothing could be learnt from it.
      await this.#judgePace(fidelity)
      if (this.fidelity.verdict === 'unknown') return
      environment.use(sample({ ...this.#sampled(stack), timeline, everyMs: Math.max(50, this.#cadence.everyMs) }))
      await fidelity.start()
      timeline.setZero()
      const recovered = await this.#breakAndRecover(observed, damage)
      this.#enter('rolling-back')
      await damage.rollback()
      if (recovered && damage.remaining.length === 0 && !signal.aborted) {
        this.#enter('after')
        await afterwards(observed, probes)
      }
    }
    this.#enter('measuring')
    for (const probe of probes.values()) await probe.reconcile()
    await this.#judgePace(fidelity)
  }

  async #boot(environment: AsyncDisposableStack): Promise<Stack> {
    const { scenario, plan, timeline, signal, openRuntime } = this.#given
    // Once something is broken, an interruption must not end the restart that undoes it.
    const booting = new AbortController()
    const interrupt = () => booting.abort(signal.reason)
    signal.throwIfAborted()
    signal.addEventListener('abort', interrupt)
    try {
      const runtime = environment.use(await openRuntime(booting.signal))
      return environment.use(await boot({ scenario, plan, runtime, timeline, signal: booting.signal }))
    } finally {
      signal.removeEventListener('abort', interrupt)
    }
  }

  async #openProbes(environment: AsyncDisposableStack, stack: Stack): Promise<ReadonlyMap<string, RunningProbe>> {
    const { scenario, timeline, signal } = this.#given
    const services = scenario.services.map(({ name }) => name)
    const probes = new Map<string, RunningProbe>()
    const { clock, ability, has } = runContext({ stack, timeline, services, probes, signal, person: undefined })
    for (const { name, kind, spec, everyMs } of scenario.probes) {
      const implementation = registries.probe[kind]
      if (implementation === undefined) throw new Error(`no probe kind ${kind}`)
      const opening = implementation.open(spec as never, { clock, signal, ability, has, services, name, everyMs })
      const session = await withLimit(opening, SETTLE_MS, `opening probe ${name}`, signal)
      probes.set(name, environment.use(runProbe({ name, everyMs, session, timeline, signal })))
    }
    return probes
  }

  /** True: the runbook was carried out to its end. */
  async #breakAndRecover(observed: Observed, damage: Damage): Promise<boolean> {
    const { scenario, timeline, signal, context } = observed
    try {
      this.#enter('faults')
      await breakAndObserve(observed, damage, () => this.#enter('observing'))
      signal.throwIfAborted()
      this.#enter('recovering')
      const rollback = async () => {
        await damage.rollback()
        if (damage.remaining.length > 0) throw new Error(damage.remaining.map(({ what }) => what).join('; '))
      }
      const check = checker(context, this.#cadence)
      const perform = ({ kind, spec }: LoadedStep): Promise<readonly Evidence[]> => {
        const action = registries.action[kind]
        if (action === undefined) throw new Error(`no action kind ${kind}`)
        return action.perform(spec as never, { ...context, rollback, check })
      }
      const { steps, failure } = await recover(scenario.recover, perform, timeline, signal)
      this.steps = steps
      return failure === undefined
    } catch (thrown) {
      this.#fail(thrown)
      return false
    }
  }

  async #judgePace(guard: FidelityGuard): Promise<void> {
    const { slowestMs, ...finding } = await guard.judge()
    this.fidelity = finding
    this.slowestMs = slowestMs
  }

  #sampled(stack: Stack) {
    const { scenario, plan } = this.#given
    const { ruleFiles, timeScale, world } = plan
    return { monitoring: stack.monitoring, ruleFiles, timeScale, world, alerts: alertsUnderTest(scenario) }
  }

  #enter(phase: Phase): void {
    this.#phase = phase
    this.#given.timeline.append({ event: 'phase', phase })
    this.#given.phase(phase)
  }

  #fail(thrown: unknown): void {
    if (thrown instanceof PaceError) {
      const { timeScale } = this.#given.plan
      this.slowestMs = thrown.slowestMs
      this.fidelity = {
        verdict: 'unknown',
        message: `time scale ${timeScale} is too high: ${thrown.message}`,
        evidence: [],
      }
    } else this.failures.push({ thrown, during: this.#phase })
  }

  /** A record tells of every expectation and step, also of those that nobody came to. */
  #settleRest(): void {
    const { scenario, timeline } = this.#given
    this.#findings.fillUp(scenario, this.#reason())
    if (this.steps.length === 0)
      this.steps = scenario.recover.map(({ kind, name }, step) => ({
        step,
        action: kind,
        name,
        startedAt: timeline.clock.now(),
        outcome: 'not run',
        evidence: [],
      }))
  }

  #reason(): string {
    const failedStep = this.steps.find(({ outcome }) => outcome === 'failed')
    const [failure] = this.failures
    if (this.#given.signal.aborted) return 'the run was interrupted'
    if (failure !== undefined) return messageOf(failure.thrown)
    if (failedStep !== undefined) return `recovery ended at step ${failedStep.step + 1}, ${failedStep.name}`
    if (this.damage.length > 0) return 'a rollback failed'
    const steady = this.findings.every(({ list, verdict }) => list !== 'steady' || verdict === 'met')
    return steady ? this.fidelity.message : 'the steady state did not hold, so nothing was broken'
  }
}

/** Played instances whose service no fault names, except to play it. */
function untouched({ played, ability }: Stack, { faults }: LoadedScenario): readonly string[] {
  const hurt = new Set(
    faults.flatMap(({ spec }) => serviceOf(spec) ?? []).filter(name => ability(name, 'playback') === undefined),
  )
  return [...played].flatMap(([name, instances]) => (hurt.has(name) ? [] : instances))
}
