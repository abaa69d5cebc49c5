import { setTimeout as sleep } from 'node:timers/promises'
import { GenericContainer, type WaitStrategy } from 'testcontainers'
import { archiveOf, type Entry } from './archive.ts'
import type { Container, Engine } from './engine.ts'
import type { Image } from './image.ts'

export interface BoxPlan {
  readonly image: Image
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>> | undefined
  readonly user: string
  readonly network: string
  readonly labels: Readonly<Record<string, string>>
  /** Named volumes of the engine and where they are seen. */
  readonly volumes: readonly { readonly source: string; readonly target: string }[]
  readonly ports: readonly { readonly inside: number; readonly host: string; readonly outside: number }[]
  readonly stopSignal?: string | undefined
  /** Put in before the start. */
  readonly entries: readonly Entry[]
  /** Whether testcontainers' reaper may watch over it. */
  readonly reaper: boolean
}

/** Creates a container, puts files in and starts it. Does not wait: it may have ended already. When it throws, nothing is left. */
export async function startBox(engine: Engine, plan: BoxPlan): Promise<Container> {
  const box = new Box(engine, plan)
  const starting = box.start().then(() => {})
  starting.catch(() => {})
  const over = new AbortController()
  try {
    // testcontainers waits 10 s for the ports of a container that has ended; we need not.
    await Promise.race([starting, box.created.then(container => untilEnded(container, over.signal))])
    return await box.created
  } catch (error) {
    await box.container?.remove({ force: true, v: true }).catch(() => {})
    throw error
  } finally {
    over.abort()
  }
}

/** Creates a container that is never started, for looking into its image or its volumes, and removes it again. */
export async function withIdleBox<T>(
  engine: Engine,
  { image, labels, volumes }: Pick<BoxPlan, 'image' | 'labels' | 'volumes'>,
  work: (container: Container) => Promise<T>,
): Promise<T> {
  const container = await engine.container.create({
    Image: image.name,
    Labels: { ...labels },
    Cmd: ['true'],
    HostConfig: { Binds: volumes.map(({ source, target }) => `${source}:${target}:rw`), NetworkMode: 'none' },
  })
  try {
    return await work(container)
  } finally {
    await container.remove({ force: true, v: true })
  }
}

/** How a container ended: `exit code 1`; undefined while it runs or has not started. */
export async function endOf(container: Container): Promise<string | undefined> {
  const { State } = await container.inspect()
  if (State.Running || State.Status === 'created') return undefined
  return State.OOMKilled ? 'the out-of-memory killer' : `exit code ${State.ExitCode}`
}

export async function untilEnded(container: Container, signal: AbortSignal): Promise<string> {
  while (!signal.aborted) {
    const how = await endOf(container).catch(error => {
      if ((error as { statusCode?: number }).statusCode === 404) return 'its removal'
      throw error
    })
    if (how !== undefined) return how
    await sleep(50)
  }
  return 'nobody waiting any more'
}

/** Readiness is the blueprint's business, the same in both runtimes. */
const immediately: WaitStrategy = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => immediately,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 0,
}

class Box extends GenericContainer {
  readonly created: Promise<Container>
  container: Container | undefined
  readonly #engine: Engine
  readonly #entries: readonly Entry[]
  #tell: (container: Container) => void = () => {}

  constructor(engine: Engine, plan: BoxPlan) {
    super(plan.image.name)
    this.#engine = engine
    this.#entries = plan.entries
    this.created = new Promise(resolve => {
      this.#tell = resolve
    })
    const [program = '', ...args] = plan.command
    this.withEntrypoint([program])
      .withCommand(args)
      // Some images keep their program in the root directory.
      .withEnvironment({ ...plan.environment, PATH: `${plan.image.path}:/` })
      .withUser(plan.user)
      .withNetworkMode(plan.network)
      .withLabels({ ...plan.labels })
      .withBindMounts([...plan.volumes])
      .withDefaultLogDriver()
      .withAutoCleanup(plan.reaper)
      .withWaitStrategy(immediately)
    this.createOpts.ExposedPorts = Object.fromEntries(plan.ports.map(({ inside }) => [`${inside}/tcp`, {}]))
    this.hostConfig.PortBindings = Object.fromEntries(
      plan.ports.map(({ inside, host, outside }) => [`${inside}/tcp`, [{ HostIp: host, HostPort: String(outside) }]]),
    )
    if (plan.stopSignal) this.createOpts.StopSignal = plan.stopSignal
  }

  protected override async containerCreated(id: string): Promise<void> {
    const container = this.#engine.container.getById(id)
    this.container = container
    if (this.#entries.length > 0) await this.#engine.container.putArchive(container, archiveOf(this.#entries), '/')
    this.#tell(container)
  }
}
