import { basename } from 'node:path'
import type { Address, Link } from '../../model/abilities.ts'
import { messageOf } from '../../model/errors.ts'
import type { Blueprint, Instance, Output, Place, Program, Runtime, Volume } from '../../model/runtime.ts'
import { packages, versionIn } from '../binaries.ts'
import { removeStack, stackDirectory, thisOwner } from '../state.ts'
import { Wiring } from '../wiring.ts'
import { reachEngine } from './engine.ts'
import { type Image, resolveImage } from './image.ts'
import { ContainerInstance } from './instance.ts'
import { accountOf, openSite, type Site } from './site.ts'
import { Toolbox } from './toolbox.ts'
import { Volumes } from './volumes.ts'

interface Options {
  readonly run: string
  readonly state: string
  readonly signal?: AbortSignal | undefined
}

type ToolOptions = { input?: string; timeoutMs?: number; environment?: Readonly<Record<string, string>> }

export async function openContainerRuntime({ run, state, signal }: Options): Promise<Runtime> {
  const engine = await reachEngine()
  const stack = await stackDirectory(state, run)
  const forget = () => removeStack(state, run, stack)
  try {
    const name = `genesis-drill-${run}-${basename(stack)}`
    const site = await openSite(engine, name, { run, state, owner: thisOwner() })
    return new ContainerRuntime(site, signal, forget)
  } catch (error) {
    await forget()
    throw error
  }
}

/** Versions by image id: what an image holds never changes. */
const versions = new Map<string, Promise<string>>()

class ContainerRuntime implements Runtime {
  readonly name = 'container'
  readonly #site: Site
  readonly #closing = new AbortController()
  readonly #signal: AbortSignal
  readonly #forget: () => Promise<void>
  readonly #wiring: Wiring
  readonly #volumes: Volumes
  readonly #toolbox: Toolbox
  readonly #instances = new Map<string, ContainerInstance>()
  /** Launches and tools under way: nothing may be removed below them. */
  readonly #busy = new Set<Promise<unknown>>()
  #disposed: Promise<void> | undefined

  constructor(site: Site, signal: AbortSignal | undefined, forget: () => Promise<void>) {
    this.#site = site
    this.#signal = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
    this.#forget = forget
    this.#wiring = new Wiring(site.bind)
    this.#volumes = new Volumes(site)
    this.#toolbox = new Toolbox(site)
  }

  place(service: string): Place {
    return {
      service,
      bind: '0.0.0.0',
      port: name => this.#wiring.port(service, name),
      file: name => `/genesis-drill/files/${service}/${name}`,
      volume: (volume: Volume) => this.#volumes.path(volume),
      peer: (peer, port) => this.#wiring.link(service, peer, port).address,
    }
  }

  launch(service: string, blueprint: Blueprint): Promise<Instance> {
    return this.#during(this.#launch(service, blueprint))
  }

  async tool(program: Program, argv: readonly string[], options: ToolOptions = {}): Promise<Output> {
    const image = await resolveImage(this.#site.engine, program)
    return this.#during(this.#tool(image, true, argv, options))
  }

  async hostBind(): Promise<string> {
    return this.#site.bind
  }

  hosted(service: string, port: string, address: Address): void {
    this.#wiring.place(service, port, address)
  }

  async link(from: string, to: string, port?: string): Promise<Link & { readonly address: Address }> {
    const link = this.#wiring.link(from, to, port)
    await this.#wiring.listening()
    return link
  }

  links(): readonly Link[] {
    return this.#wiring.links()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose()
    return this.#disposed
  }

  async #dispose(): Promise<void> {
    this.#closing.abort(new Error('the run is over'))
    await Promise.allSettled(this.#busy)
    await using stack = new AsyncDisposableStack()
    stack.defer(this.#forget)
    stack.defer(() => this.#site.network.remove())
    stack.use(this.#volumes)
    stack.use(this.#wiring)
    stack.defer(() => this.#removeContainers())
  }

  /** All at once: one after the other would take seconds. */
  async #removeContainers(): Promise<void> {
    const removing = [...this.#instances.values()].map(instance => instance.discard())
    const outcomes = await Promise.allSettled([...removing, this.#toolbox[Symbol.asyncDispose]()])
    const failures = outcomes.filter(outcome => outcome.status === 'rejected')
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => messageOf(reason)).join('; '))
  }

  #during<T>(work: Promise<T>): Promise<T> {
    this.#busy.add(work)
    return work.finally(() => this.#busy.delete(work))
  }

  async #launch(service: string, blueprint: Blueprint): Promise<Instance> {
    this.#signal.throwIfAborted()
    const image = await resolveImage(this.#site.engine, blueprint.program)
    const account = await accountOf(this.#site, image, blueprint.unprivileged ?? false)
    const volumes = blueprint.volumes ?? []
    for (const volume of volumes) this.#volumes.path(volume)
    const making = this.#volumes.make(
      image,
      account,
      volumes.map(({ name }) => name),
    )
    const [mounts] = await Promise.all([making, this.#wiring.listening()])
    // A file system in memory lasts only as long as some running container holds it.
    if (volumes.some(volume => this.#volumes.isLimited(volume))) await this.#toolbox.open(image, mounts)
    if (await this.#instances.get(service)?.running()) throw new Error(`${service} is running already; remove it first`)
    await this.#instances.get(service)?.discard()
    const instance = new ContainerInstance({
      service,
      blueprint,
      site: this.#site,
      image,
      account,
      mounts,
      wiring: this.#wiring,
      version: () => this.#versionOf(image, instance),
      beside: (argv, options) =>
        this.#tool(image, blueprint.unprivileged ?? false, argv, {
          environment: blueprint.environment ?? {},
          ...options,
        }),
      signal: this.#signal,
      closing: this.#closing.signal,
    })
    this.#instances.set(service, instance)
    try {
      await instance.launch()
      return instance
    } catch (error) {
      this.#instances.delete(service)
      await instance.discard()
      throw error
    }
  }

  async #tool(image: Image, unprivileged: boolean, argv: readonly string[], options: ToolOptions): Promise<Output> {
    const account = await accountOf(this.#site, image, unprivileged)
    const mounts = await this.#volumes.make(image, account)
    return this.#toolbox.run(image, account, mounts, argv, options)
  }

  #versionOf(image: Image, instance: Instance): Promise<string> {
    const known = versions.get(image.id)
    if (known) return known
    const asked = (async () => {
      const { stdout, stderr } = await instance.exec([packages[image.program].main, '--version'], { timeoutMs: 10_000 })
      return versionIn(`${stdout}${stderr}`)
    })()
    versions.set(image.id, asked)
    asked.catch(() => versions.delete(image.id))
    return asked
  }
}
