import { messageOf } from '../model/errors.ts'
import type { Evidence, Finding } from '../model/finding.ts'
import type { RunContext } from '../model/kind.ts'
import type { RecordedFinding, ScenarioRecord, StepRecord } from '../model/record.ts'
import type { Runtime } from '../model/runtime.ts'
import type { ExpectationList, Phase } from '../model/timeline.ts'
import { runContext } from './context.ts'
import { type Damage, damageBook, type PreparedFault } from './damage.ts'
import { checker, watch } from './expectations.ts'
import { type FidelityGuard, guardFidelity } from './fidelity.ts'
import type { Journal } from './journal.ts'
import { pause, withLimit } from './limit.ts'
import { registries } from './load/registries.ts'
import type { LoadedFault, LoadedScenario, LoadedStep, TimedExpectation } from './load/scenario.ts'
import { type Cadence, observe } from './observe.ts'
import { PaceError } from './pace.ts'
import { alertsUnderTest, type Plan } from './plan.ts'
import { type RunningProbe, runProbe } from './probes.ts'
import { record } from './recorder.ts'
import { recover } from './recovery.ts'
import { sample } from './samples.ts'
import { boot, type Stack } from './stack.ts'
import { awaitSteady } from './steady.ts'
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
/** Wall milliseconds for the steady state to come, whatever the time scale. */
const SETTLE_MS = 20_000
/** Wall milliseconds. */
const NOISE_MS = 1000
/** Drill seconds for it to come back, where that is longer. */
const SETTLE_AGAIN = 600

/** One boot of a scenario at one time scale, from the first process to the last. `run` never throws: what went wrong is in `failures`. */
export class Attempt {
  readonly findings: RecordedFinding[] = []
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
  #damage: Damage | undefined
  #phase: Phase = 'booting'

  constructor(given: AttemptOptions) {
    this.#given = given
    this.#cadence = cadenceOf(given)
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

    if (await this.#steady(context, probes)) {
      // Nothing is broken at a pace at which nothing could be learnt from it.
      await this.#judgePace(fidelity)
      if (this.fidelity.verdict === 'unknown') return
      environment.use(sample({ ...this.#sampled(stack), timeline, everyMs: Math.max(50, this.#cadence.everyMs) }))
      await fidelity.start()
      timeline.setZero()
      const recovered = await this.#breakAndRecover(context, damage)
      this.#enter('rolling-back')
      await damage.rollback()
      if (recovered && damage.remaining.length === 0 && !signal.aborted) await this.#after(context)
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

  /** False: nothing may be broken. */
  async #steady(context: RunContext, probes: ReadonlyMap<string, RunningProbe>): Promise<boolean> {
    const { scenario, timeline, signal } = this.#given
    const { scrapeInterval, evaluationInterval } = scenario.monitoring
    this.#enter('steady')
    const { clock } = timeline
    const round = clock.wallMilliseconds(scrapeInterval + evaluationInterval)
    const served = scenario.probes.map(({ name, kind, place }) => ({
      expectation: { kind, place, spec: {}, timing: { when: 'now' } as const, text: `probe ${name} succeeds` },
      check: async () => servedBy(probes.get(name)),
    }))
    const watched = [
      ...scenario.steady.map(expectation => watch(expectation, context)),
      ...served.map(({ check }) => ({ timing: { when: 'now' } as const, look: check, explain: check })),
    ]
    const { steady, findings } = await awaitSteady(watched, {
      // At least one round of scrape and evaluation, and where those are short, long enough to see noise.
      holdMs: Math.max(clock.wallMilliseconds(scenario.steadyFor), round, Math.min(5 * round, NOISE_MS)),
      limitMs: Math.max(SETTLE_MS, 5 * round),
      cadence: this.#cadence,
      signal,
    })
    const expectations = [...scenario.steady, ...served.map(({ expectation }) => expectation)]
    for (const [index, finding] of findings.entries())
      this.#found('steady', index, expectations[index], asPrecondition(finding))
    signal.throwIfAborted()
    return steady
  }

  /** True: the runbook was carried out to its end. */
  async #breakAndRecover(context: RunContext, damage: Damage): Promise<boolean> {
    const { scenario, timeline, signal } = this.#given
    try {
      await this.#breakAndObserve(context, damage)
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

  async #breakAndObserve(context: RunContext, damage: Damage): Promise<void> {
    const { scenario, timeline, signal } = this.#given
    const { clock } = timeline
    const prepared = scenario.faults.map(fault => prepareFault(fault, context)).sort((a, b) => a.fault.at - b.fault.at)
    const failed = new AbortController()
    const zero = clock.now()
    let reference = prepared.length === 0 ? zero : undefined

    this.#enter('faults')
    const inject = async () => {
      for (const one of prepared) {
        await pause(zero + clock.wallMilliseconds(one.fault.at) - clock.now(), signal)
        await damage.inject(one)
        reference ??= clock.now()
      }
      this.#enter('observing')
    }
    const injecting = inject().catch(thrown => {
      failed.abort(thrown)
      throw thrown
    })
    const last = prepared.at(-1)?.fault.at ?? 0
    const observing = observe(
      scenario.expect.map(expectation => watch(expectation, context)),
      {
        clock,
        cadence: this.#cadence,
        signal: AbortSignal.any([signal, failed.signal]),
        reference: () => reference,
        referenceName: 'the fault',
        observeFor: Math.max(observationOf(scenario.observe, scenario.expect), last - (prepared[0]?.fault.at ?? 0)),
        settled: (index, outcome) => {
          if (!failed.signal.aborted && !signal.aborted)
            this.#found('expect', index, scenario.expect[index], outcome.finding, outcome)
        },
      },
    )
    const [injected] = await Promise.allSettled([injecting, observing])
    if (injected.status === 'rejected') throw injected.reason
  }

  /** What must be so after recovery, and the steady state once more. */
  async #after(context: RunContext): Promise<void> {
    const { scenario, timeline, signal } = this.#given
    this.#enter('after')
    const recoveredAt = timeline.clock.now()
    await observe(
      scenario.after.map(expectation => watch(expectation, context)),
      {
        clock: timeline.clock,
        cadence: this.#cadence,
        signal,
        reference: () => recoveredAt,
        referenceName: 'recovery',
        observeFor: observationOf(0, scenario.after),
        settled: (index, outcome) => {
          if (!signal.aborted) this.#found('after', index, scenario.after[index], outcome.finding, outcome)
        },
      },
    )
    const { findings } = await awaitSteady(
      scenario.steady.map(expectation => watch(expectation, context)),
      {
        holdMs: 0,
        limitMs: Math.max(SETTLE_MS, timeline.clock.wallMilliseconds(SETTLE_AGAIN)),
        cadence: this.#cadence,
        signal,
      },
    )
    signal.throwIfAborted()
    for (const [index, finding] of findings.entries()) {
      const expectation = scenario.steady[index]
      if (expectation === undefined) continue
      this.#found(
        'after',
        scenario.after.length + index,
        { ...expectation, text: `steady state again: ${expectation.text}` },
        finding,
      )
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

  #found(
    list: ExpectationList,
    index: number,
    expectation: TimedExpectation | undefined,
    finding: Finding,
    { at = this.#given.timeline.clock.now(), after }: { at?: number; after?: number } = {},
    tell: (finding: RecordedFinding) => void = this.#given.finding,
  ): void {
    if (expectation === undefined) return
    const { timeline } = this.#given
    const { kind, text } = expectation
    timeline.append({ event: 'expectation', list, index, kind, finding, ...(after === undefined ? {} : { after }) }, at)
    const recorded: RecordedFinding = { ...finding, list, index, kind, expectation: text, at: timeline.shown(at) }
    this.findings.push(recorded)
    tell(recorded)
  }

  /** A record tells of every expectation and step, also of those that nobody came to. */
  #settleRest(): void {
    const { scenario, timeline } = this.#given
    const finding: Finding = { verdict: 'unknown', message: `not looked at: ${this.#reason()}`, evidence: [] }
    for (const list of ['steady', 'expect', 'after'] as const)
      for (const [index, expectation] of scenario[list].entries())
        if (!this.findings.some(found => found.list === list && found.index === index))
          this.#found(list, index, expectation, finding, {}, () => {})
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

function prepareFault(fault: LoadedFault, context: RunContext): PreparedFault {
  const kind = registries.fault[fault.kind]
  if (kind === undefined) throw new Error(`no fault kind ${fault.kind}`)
  return { fault, ...kind.prepare(fault.spec as never, context) }
}

/** Played instances whose service no fault names, except to play it. */
function untouched({ played, ability }: Stack, { faults }: LoadedScenario): readonly string[] {
  const hurt = new Set(
    faults.flatMap(({ spec }) => serviceOf(spec) ?? []).filter(name => ability(name, 'playback') === undefined),
  )
  return [...played].flatMap(([name, instances]) => (hurt.has(name) ? [] : instances))
}

/** A client that is not served before the fault cannot tell when it is served again. */
function servedBy(probe: RunningProbe | undefined): Finding {
  const last = probe?.last()
  if (last === undefined) return { verdict: 'unmet', message: 'no operation has ended yet', evidence: [] }
  if (last.outcome === 'ok') return { verdict: 'met', message: 'its operations succeed', evidence: [] }
  return {
    verdict: 'unmet',
    message: `its last operation ${last.outcome === 'failed' ? 'failed' : 'had an unknown outcome'}: ${last.message ?? 'no reason given'}`,
    evidence: [],
  }
}

/** A steady state that is not there says nothing about the system under the fault. */
function asPrecondition(finding: Finding): Finding {
  return finding.verdict === 'unmet'
    ? { ...finding, verdict: 'unknown', message: `no steady state: ${finding.message}` }
    : finding
}

function cadenceOf({ scenario, timeline: { clock } }: AttemptOptions): Cadence {
  const { scrapeInterval, evaluationInterval } = scenario.monitoring
  const fastest = clock.wallMilliseconds(Math.min(scrapeInterval, evaluationInterval))
  const everyMs = Math.min(500, Math.max(10, fastest / 4))
  const drill = (milliseconds: number) => clock.drillSeconds(0, milliseconds)
  return {
    everyMs,
    limitMs: 10_000,
    tolerance: Math.max(2 * evaluationInterval, drill(500)),
    grace: drill(4 * everyMs),
  }
}

const untilEnd = ({ timing }: TimedExpectation) => timing.when === 'never' && timing.until === 'end'

/** Drill seconds that are watched when nothing says how long. */
const WATCHED = 600

/** Drill seconds that a list is watched at least. `never: true` alone would end before anything could happen. */
function observationOf(asked: number, list: readonly TimedExpectation[]): number {
  const timed = list.some(expectation => expectation.timing.when !== 'now' && !untilEnd(expectation))
  return asked > 0 || timed || !list.some(untilEnd) ? asked : WATCHED
}
