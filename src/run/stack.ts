import type { Abilities, AbilityName, Inbox, MetricsTarget } from '../model/abilities.ts'
import { readableDuration } from '../model/duration.ts'
import { EnvironmentError } from '../model/errors.ts'
import type { Service, ServiceHost } from '../model/kind.ts'
import type { ScenarioRecord } from '../model/record.ts'
import type { Runtime } from '../model/runtime.ts'
import { pause } from './limit.ts'
import { registries } from './load/registries.ts'
import type { LoadedScenario } from './load/scenario.ts'
import { alertmanagersAnswer, rulesAnswer, targetsAnswer } from './monitoring/answers.ts'
import { engineAt } from './monitoring/engine.ts'
import { type LiveMonitoring, liveMonitoring } from './monitoring/live.ts'
import { PaceError, ranOutOfTime, scrapeTimes } from './pace.ts'
import type { Plan } from './plan.ts'
import type { Timeline } from './timeline.ts'

/** Everything that runs for one scenario. Disposing ends the services side by side; what they leave is the runtime's to remove. */
export interface Stack extends AsyncDisposable {
  readonly runtime: Runtime
  readonly monitoring: LiveMonitoring
  readonly inbox: Inbox
  /** What Prometheus scrapes. */
  readonly targets: readonly MetricsTarget[]
  /** Instances of the targets that the harness itself plays, by service. */
  readonly played: ReadonlyMap<string, readonly string[]>
  /** Of all services, the engines included. */
  ability<Name extends AbilityName>(service: string, name: Name): Abilities[Name] | undefined
  readonly services: ScenarioRecord['services']
  readonly configuration: ScenarioRecord['configuration']
}

interface BootOptions {
  readonly scenario: LoadedScenario
  readonly plan: Plan
  readonly runtime: Runtime
  readonly timeline: Timeline
  readonly signal: AbortSignal
}

/** The services that every run has. Their names are reserved. */
export const engines = { inbox: 'inbox', alertmanager: 'alertmanager', prometheus: 'prometheus' } as const

/** Wall milliseconds, beyond two intervals, until Prometheus must have found, scraped and evaluated everything: finding takes it five seconds. */
const FIRST_ROUND_MS = 30_000

/**
 * Boots engines and services side by side, each as soon as those it depends on are up. Prometheus starts at once without targets and
 * rules: it takes up new targets and Alertmanagers only every five seconds, counted from its own start, so they are named to it just before
 * one of these moments. Throws what failed first; then nothing of it runs.
 */
export async function boot({ scenario, plan, runtime, timeline, signal }: BootOptions): Promise<Stack> {
  await using undo = new AsyncDisposableStack()
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const running = new Map<string, { kind: string; service: Service }>()
  const starting = new Map<string, Promise<Service>>()
  undo.defer(() => disposeAll([...running.values()].map(({ service }) => service)))

  const host = (name: string): ServiceHost => ({
    runtime,
    place: runtime.place(name),
    clock: timeline.clock,
    peer(peer) {
      const found = running.get(peer)
      if (found === undefined) throw new Error(`${name} needs ${peer}, which is not up; dependsOn must name it`)
      return found.service
    },
    note: message => void timeline.append({ event: 'note', message: `${name}: ${message}` }),
    signal: either,
  })

  const start = (name: string, kind: string, spec: unknown, after: readonly string[]): Promise<Service> => {
    const started = (async () => {
      await Promise.all(after.map(dependency => dependencyOf(dependency)))
      either.throwIfAborted()
      const began = timeline.clock.now()
      const implementation = registries.service[kind]
      if (implementation === undefined) throw new Error(`no service kind ${kind}`)
      const service = await implementation.start(spec as never, host(name))
      running.set(name, { kind, service })
      timeline.append({ event: 'service.ready', service: name, milliseconds: timeline.clock.now() - began })
      return service
    })()
    started.catch(reason => failed.abort(reason))
    starting.set(name, started)
    return started
  }
  const waiting = new Map(scenario.services.map(service => [service.name, service]))
  const dependencyOf = (name: string): Promise<Service> => {
    const under = starting.get(name)
    if (under !== undefined) return under
    const service = waiting.get(name)
    if (service === undefined) return Promise.reject(new Error(`no service ${name}`))
    const dependsOn = registries.service[service.kind]?.dependsOn(service.spec as never) ?? []
    return start(name, service.kind, service.spec, dependsOn)
  }

  const alertmanagerAddress = runtime.place(engines.prometheus).peer(engines.alertmanager)
  const bare = plan.prometheus([], [], 'without rules')
  const inboxStarted = start(engines.inbox, engines.inbox, {}, [])
  let prometheusReady = 0
  const rewriting = inboxStarted.then(inbox => plan.alertmanager(demand(inbox, 'inbox')))
  const prometheusStarted = start(
    engines.prometheus,
    engines.prometheus,
    { files: { 'prometheus.yml': bare.text }, flags: bare.flags },
    [],
  )
  prometheusStarted.then(
    () => {
      prometheusReady = timeline.clock.now()
    },
    () => {},
  )
  const alertmanagerStarted = rewriting.then(({ text, files }) =>
    start(engines.alertmanager, engines.alertmanager, { files: { ...files, 'alertmanager.yml': text }, flags: [] }, []),
  )
  const services = scenario.services.map(({ name }) => dependencyOf(name))
  const settled = await Promise.allSettled([inboxStarted, prometheusStarted, alertmanagerStarted, ...services])
  // The one that failed first, not those that were ended because of it.
  either.throwIfAborted()
  for (const one of settled) if (one.status === 'rejected') throw one.reason

  const [rewritten, prometheus, alertmanager, inbox] = await Promise.all([
    rewriting,
    prometheusStarted,
    alertmanagerStarted,
    inboxStarted,
  ])
  const targets = [...running.values()].flatMap(({ service }) => service.abilities.metrics ?? [])
  const composed = plan.prometheus(targets, [alertmanagerAddress], 'with rules')
  const monitoring = liveMonitoring({
    prometheus: engineAt('Prometheus', await demand(prometheus, 'endpoint').address()),
    alertmanager: engineAt('Alertmanager', await demand(alertmanager, 'endpoint').address()),
    timeScale: plan.timeScale,
    world: plan.world,
    ruleFiles: plan.ruleFiles,
    routing: plan.routing,
    events: () => timeline.events,
  })
  undo.use(monitoring.prometheus)
  undo.use(monitoring.alertmanager)

  await pause(beforeNextDiscovery(timeline.clock.now() - prometheusReady), either)
  await demand(prometheus, 'configuration').replace({ ...plan.scaledRules, 'prometheus.yml': composed.text })
  const withinMs = FIRST_ROUND_MS + 2 * timeline.clock.wallMilliseconds(slowestInterval(scenario, plan))
  await firstScrapes(monitoring, targets, withinMs, either)
  await firstEvaluations(monitoring, withinMs, either)

  const owned = undo.move()
  return {
    runtime,
    monitoring,
    targets,
    played: playedBy(running),
    inbox: demand(inbox, 'inbox'),
    ability: (name, ability) => running.get(name)?.service.abilities[ability],
    services: [...running].map(([name, { kind, service }]) => ({ name, kind, facts: service.facts })),
    configuration: plan.configuration(rewritten, composed),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function playedBy(running: ReadonlyMap<string, { service: Service }>): ReadonlyMap<string, readonly string[]> {
  const hosted = [...running].filter(([, { service }]) => service.facts.length === 0)
  return new Map(
    hosted.map(([name, { service }]) => [name, (service.abilities.metrics ?? []).map(({ instance }) => instance)]),
  )
}

/** Ends them side by side. Throws all that went wrong. */
async function disposeAll(services: readonly Service[]): Promise<void> {
  const ended = await Promise.allSettled(services.map(service => service[Symbol.asyncDispose]()))
  const wrong = ended.flatMap(one => (one.status === 'rejected' ? [one.reason] : []))
  if (wrong.length > 0) throw new AggregateError(wrong)
}

function demand<Name extends AbilityName>(service: Service, name: Name): Abilities[Name] {
  const found: Partial<Abilities>[Name] = service.abilities[name]
  if (found === undefined) throw new Error(`an engine lacks the ability ${name}`)
  return found
}

/** Prometheus takes up what it has discovered this often, wall milliseconds. */
const DISCOVERY_MS = 5000
/** So long before it: enough for a reload, and too short for rules without data to fire. */
const AHEAD_MS = 900

/** Wall milliseconds to wait so that a reload is taken up soon: until then rules see no data and notifications have nowhere to go. */
function beforeNextDiscovery(sinceReady: number): number {
  const next = Math.ceil((sinceReady + AHEAD_MS) / DISCOVERY_MS) * DISCOVERY_MS
  return next - AHEAD_MS - sinceReady
}

/** Drill seconds of the slowest of all scrapes and evaluations. */
function slowestInterval({ monitoring }: LoadedScenario, { ruleFiles }: Plan): number {
  const groups = ruleFiles.flatMap(({ groups }) => groups).map(({ interval }) => interval?.value ?? 0)
  return Math.max(monitoring.scrapeInterval, monitoring.evaluationInterval, ...groups)
}

/** Until Prometheus has scraped every target once and found its Alertmanager. Throws PaceError when scrapes only ever run out of time. */
async function firstScrapes(
  { prometheus }: LiveMonitoring,
  targets: readonly MetricsTarget[],
  withinMs: number,
  signal: AbortSignal,
): Promise<void> {
  let late = 0
  await eventually(withinMs, signal, async () => {
    const { data } = targetsAnswer.parse(await prometheus.json('/api/v1/targets', { state: 'active' }))
    const { data: managers } = alertmanagersAnswer.parse(await prometheus.json('/api/v1/alertmanagers'))
    if (data.activeTargets.length < targets.length)
      return `Prometheus knows ${data.activeTargets.length} of ${targets.length} scrape targets`
    const waiting = data.activeTargets.find(({ health }) => health !== 'up')
    if (waiting === undefined)
      return managers.activeAlertmanagers.length === 0 ? 'Prometheus has not found its Alertmanager' : undefined
    if (ranOutOfTime(waiting.lastError) && ++late > LATE_LOOKS)
      throw new PaceError(`${waiting.scrapeUrl} cannot be scraped in time`, Math.max(...(await scrapeTimes(targets))))
    return `the target ${waiting.scrapeUrl} is ${health(waiting)}`
  })
}

/** Looks that find a scrape out of time before that counts as how it is. */
const LATE_LOOKS = 100

function health({ health, lastError }: { health: string; lastError: string }): string {
  return lastError === '' ? health : `${health}: ${lastError}`
}

/** Until every rule was evaluated once. */
async function firstEvaluations({ prometheus }: LiveMonitoring, withinMs: number, signal: AbortSignal): Promise<void> {
  await eventually(withinMs, signal, async () => {
    const { data } = rulesAnswer.parse(await prometheus.json('/api/v1/rules'))
    const waiting = data.groups.flatMap(({ rules }) => rules).find(rule => rule.health === 'unknown')
    return waiting === undefined ? undefined : `the rule ${waiting.name} was not evaluated`
  })
}

/** `missing` says what is still missing; undefined when nothing is. */
async function eventually(
  withinMs: number,
  signal: AbortSignal,
  missing: () => Promise<string | undefined>,
): Promise<void> {
  const until = performance.now() + withinMs
  for (;;) {
    const seen = await missing()
    if (seen === undefined) return
    signal.throwIfAborted()
    if (performance.now() > until)
      throw new EnvironmentError(
        `the monitoring did not come up within ${readableDuration(withinMs / 1000)}: ${seen}`,
        {
          advice: 'a target that is down says why above; on a busy machine run again',
        },
      )
    await pause(20, signal)
  }
}
