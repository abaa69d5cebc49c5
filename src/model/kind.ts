import type { z } from 'zod'
import type { Abilities, AbilityName, Link } from './abilities.ts'
import type { DrillClock } from './clock.ts'
import type { Evidence, Finding } from './finding.ts'
import type { Place, ProgramFacts, Runtime } from './runtime.ts'
import type { EventBody, Labels, TimelineEvent } from './timeline.ts'

/**
 * A kind is one file and one line in its folder's index.ts. The key there is the YAML `kind:`.
 * `spec` is the strict zod object of its other keys; `example` a complete YAML mapping with `kind:`.
 */
export interface Kind<Spec> {
  readonly summary: string
  readonly spec: z.ZodType<Spec>
  readonly example: string
}

/** An ability that a scenario's service must have. */
export interface Need {
  readonly service: string
  readonly ability: AbilityName
}

export interface ServiceHost {
  readonly runtime: Runtime
  readonly place: Place
  readonly clock: DrillClock
  /** Another service that is up already (one of `dependsOn`). */
  peer(service: string): Service
  /** Says what happens, for the timeline. */
  note(message: string): void
  readonly signal: AbortSignal
}

export interface Service extends AsyncDisposable {
  readonly abilities: Partial<Abilities>
  /** Empty for services that the harness itself plays. */
  readonly facts: readonly ProgramFacts[]
}

export interface ServiceKind<Spec> extends Kind<Spec> {
  /** Part of every run; authors do not write it in scenarios. */
  readonly implicit?: true
  abilities(spec: Spec): readonly AbilityName[]
  /** Services that must be up before this one. */
  dependsOn(spec: Spec): readonly string[]
  /**
   * Asked before the boot: is this metric exported here in drill time? `played` has no noise; `measured` on a real service and dilated,
   * noise included. Undefined: not exported here, or in wall time.
   */
  drillMetric?(spec: Spec, metric: string): 'played' | 'measured' | undefined
  start(spec: Spec, host: ServiceHost): Promise<Service>
}

/** What faults, actions and expectations see of a run. */
export interface RunContext {
  readonly clock: DrillClock
  readonly signal: AbortSignal
  /** Checked before the boot by `needs`; a missing one here is a bug. */
  ability<Name extends AbilityName>(service: string, name: Name): Abilities[Name]
  has(service: string, name: AbilityName): boolean
  /** Names of all services of the scenario. */
  readonly services: readonly string[]
  /** `from` may be `clients`. Undefined port: the main one. */
  link(from: string, to: string): Promise<Link>
  readonly monitoring: Monitoring
  readonly events: readonly TimelineEvent[]
  append(body: EventBody): void
  /** Stops and waits until the probe's last operation has ended; the ledger of a marker probe against what is there now. */
  reconcile(probe: string): Promise<void>
  /** Names of the probes. */
  readonly probes: readonly string[]
  /** Is it possible to ask a person? Undefined without a terminal. */
  readonly person:
    | { confirm(question: string, signal: AbortSignal): Promise<{ who: string; answer: 'done' | 'failed' }> }
    | undefined
}

export interface PrometheusAlert {
  readonly labels: Labels
  readonly annotations: Labels
  readonly state: 'pending' | 'firing'
  readonly activeAt: string
  readonly value: string
}

/** One sample of an instant query; the value is NaN, an infinity or a number. */
export interface Sample {
  readonly labels: Labels
  readonly value: number
}

/** The monitoring under drill. Every call asks the real engine, once, and throws when it does not answer. */
export interface Monitoring {
  /** Active alerts of Prometheus. */
  alerts(): Promise<readonly PrometheusAlert[]>
  query(expression: string): Promise<readonly Sample[]>
  /** The rules as loaded: name, original (unscaled) expression and `for` in drill seconds, health, last error. */
  rules(): Promise<readonly LoadedRule[]>
  targets(): Promise<
    readonly { job: string; instance: string; health: string; lastError: string; lastScrape: string }[]
  >
  /** The value of each part of an alert's expression against its threshold, now, in words. */
  explainAlert(alert: string, labels?: Labels): Promise<readonly Evidence[]>
  /** Why a notification did or did not reach a receiver: state in Alertmanager, the route tree's decision, inhibitions, silences, delivery failures, what arrived. */
  explainNotification(wanted: { alert: string; labels?: Labels; receiver: string }): Promise<readonly Evidence[]>
  alertmanagerAlerts(): Promise<readonly AlertmanagerAlert[]>
  /** Receivers as the user's file names them. */
  readonly receivers: readonly string[]
}

export interface LoadedRule {
  readonly alert: string
  readonly expression: string
  readonly scaledExpression: string
  readonly forSeconds: number
  readonly health: string
  readonly lastError: string
  readonly labels: Labels
}

export interface AlertmanagerAlert {
  readonly labels: Labels
  readonly receivers: readonly string[]
  readonly state: string
  readonly inhibitedBy: readonly string[]
  readonly silencedBy: readonly string[]
  readonly mutedBy: readonly string[]
}

export interface FaultKind<Spec> extends Kind<Spec> {
  needs(spec: Spec): readonly Need[]
  /** Services that it names beside `needs`, of which it needs no ability; they must exist all the same. */
  services?(spec: Spec): readonly string[]
  /** Makes ready; damages nothing. `rollback` is safe twice and before `inject`. */
  prepare(spec: Spec, run: RunContext): { inject(): Promise<readonly Evidence[]>; rollback(): Promise<void> }
}

export interface ActionKind<Spec> extends Kind<Spec> {
  needs(spec: Spec): readonly Need[]
  /** Expectations inside the spec, as written, so that a mistake in them is found before anything boots. */
  expectations?(spec: Spec): readonly unknown[]
  /** Asks a person: refused where there is no terminal. */
  readonly asksPerson?: true
  /** One timed step. Throws when it cannot be done; the message says what was seen. */
  perform(
    spec: Spec,
    run: RunContext & { readonly rollback: () => Promise<void>; readonly check: CheckExpectation },
  ): Promise<readonly Evidence[]>
}

/** Looks at one expectation (as decoded from YAML) again and again until it is met or `withinMs` have passed. */
export type CheckExpectation = (expectation: unknown, withinMs: number) => Promise<Finding>

export interface ExpectationKind<Spec> extends Kind<Spec> {
  /** Its being met means that the fault was detected. */
  readonly detects?: true
  needs(spec: Spec): readonly Need[]
  /** Looks once; never sleeps. */
  check(spec: Spec, run: RunContext): Promise<Finding>
}

/** A client's operation, repeated on a cadence. */
export interface ProbeKind<Spec> extends Kind<Spec> {
  needs(spec: Spec): readonly Need[]
  /** Writes numbered markers, so that lost rows can be counted. */
  readonly ledger?: true
  open(spec: Spec, run: ProbeContext): Promise<ProbeSession>
}

export type ProbeContext = Pick<RunContext, 'clock' | 'signal' | 'ability' | 'has' | 'services'> & {
  readonly name: string
  readonly everyMs: number
}

export interface ProbeSession extends AsyncDisposable {
  /** One operation. Resolves whatever happens. `server` tells who answered. */
  attempt(number: number): Promise<{ outcome: 'ok' | 'failed' | 'unknown'; server?: string; message?: string }>
  /** Marker probes: which numbers are there now. Throws when it cannot be read. */
  survivors?(): Promise<ReadonlySet<number>>
}
