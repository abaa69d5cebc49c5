import type { Finding } from '../../src/model/finding.ts'
import type { ActionKind, ExpectationKind, FaultKind, ProbeKind, PrometheusAlert } from '../../src/model/kind.ts'
import type { Runtime } from '../../src/model/runtime.ts'
import type { LiveMonitoring } from '../../src/run/monitoring/live.ts'
import type { Stack } from '../../src/run/stack.ts'

/** What a test decides about the world, and what the run did to it, in order. */
export interface World {
  readonly done: string[]
  inject: (name: string) => Promise<void>
  rollback: (name: string) => Promise<void>
  perform: (name: string) => Promise<void>
  check: (name: string) => Promise<Finding>
  attempt: () => Promise<'ok' | 'failed'>
  boot: () => Promise<void>
  dispose: () => Promise<void>
  alerts: () => readonly PrometheusAlert[]
  /** Rule evaluations that Prometheus says it has missed so far. */
  missed: () => number
}

export function calmWorld(): World {
  const nothing = async () => {}
  return {
    done: [],
    inject: nothing,
    rollback: nothing,
    perform: nothing,
    check: async name => ({ verdict: 'met', message: `${name} holds`, evidence: [] }),
    attempt: async () => 'ok',
    boot: nothing,
    dispose: nothing,
    alerts: () => [],
    missed: () => 0,
  }
}

const bare = { summary: 'a fake', example: '', needs: () => [] }
type Named = { readonly name: string }

/** Registries of one fake kind each, called `fake`. */
export function fakeRegistries(world: () => World) {
  const fault: Pick<FaultKind<Named>, 'needs' | 'prepare' | 'summary' | 'example'> = {
    ...bare,
    prepare: ({ name }) => ({
      async inject() {
        world().done.push(`inject ${name}`)
        await world().inject(name)
        return []
      },
      async rollback() {
        world().done.push(`rollback ${name}`)
        await world().rollback(name)
      },
    }),
  }
  const action: Pick<ActionKind<Named>, 'needs' | 'perform' | 'summary' | 'example'> = {
    ...bare,
    async perform({ name }, run) {
      world().done.push(`step ${name}`)
      if (name === 'rollback') await run.rollback()
      else await world().perform(name)
      return []
    },
  }
  const expectation: Pick<ExpectationKind<Named>, 'needs' | 'check' | 'summary' | 'example'> = {
    ...bare,
    check: ({ name }) => world().check(name),
  }
  const probe: Pick<ProbeKind<Named>, 'needs' | 'open' | 'summary' | 'example'> = {
    ...bare,
    open: async () => ({
      attempt: async () => ({ outcome: await world().attempt() }),
      [Symbol.asyncDispose]: async () => {},
    }),
  }
  return {
    service: {},
    fault: { fake: fault },
    action: { fake: action },
    expectation: { fake: expectation },
    probe: { fake: probe },
  }
}

const metrics = (missed: number) =>
  `prometheus_rule_group_iterations_missed_total{rule_group="a"} ${missed}\nprometheus_rule_group_iterations_total{rule_group="a"} 50\n`

export async function fakeStack(world: World): Promise<Stack> {
  world.done.push('boot')
  await world.boot()
  const engine = {
    json: async () => ({ status: 'success', data: { activeTargets: [] } }),
    text: async () => metrics(world.missed()),
    [Symbol.asyncDispose]: async () => {},
  }
  const monitoring: LiveMonitoring = {
    prometheus: engine,
    alertmanager: engine,
    receivers: [],
    raw: async () => [],
    query: async () => [],
    alerts: async () => world.alerts(),
    rules: async () => [],
    targets: async () => [],
    alertmanagerAlerts: async () => [],
    explainAlert: async () => [],
    explainNotification: async () => [],
  }
  return {
    runtime: fakeRuntime(),
    monitoring,
    targets: [],
    played: new Map(),
    inbox: { httpUrl: '', smtp: { host: '', port: 0 }, arrivals: () => [], onArrival: () => () => {}, clear: () => {} },
    ability: () => undefined,
    services: [],
    configuration: [],
    async [Symbol.asyncDispose]() {
      world.done.push('dispose')
      await world.dispose()
    },
  }
}

export function fakeRuntime(): Runtime {
  const refuse = () => {
    throw new Error('the fake runtime launches nothing')
  }
  return {
    name: 'process',
    place: refuse,
    launch: refuse,
    tool: refuse,
    hostBind: refuse,
    hosted: refuse,
    link: refuse,
    links: () => [],
    [Symbol.asyncDispose]: async () => {},
  }
}
