import { basename } from 'node:path'
import { messageOf } from '../../model/errors.ts'
import type { Blueprint, Instance, Output, Place, Program, Runtime, Volume } from '../../model/runtime.ts'
import { packages, versionIn } from '../binaries.ts'
import { removeStack, stackDirectory, thisOwner } from '../state.ts'
import { type ToolOptions, WiredRuntime } from '../wired-runtime.ts'
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

class ContainerRuntime extends WiredRuntime {
  readonly name = 'container'
  readonly #site: Site
  readonly #forget: () => Promise<void>
  readonly #volumes: Volumes
  readonly #toolbox: Toolbox
  readonly #instances = new Map<string, ContainerInstance>()

  constructor(site: Site, signal: AbortSignal | undefined, forget: () => Promise<void>) {
    super(site.bind, signal)
    this.#site = site
    this.#forget = forget
    this.#volumes = new Volumes(site)
    this.#toolbox = new Toolbox(site)
  }

  place(service: string): Place {
    return {
      service,
      bind: '0.0.0.0',
      port: name => this.wiring.port(service, name),
      file: name => `/genesis-drill/files/${service}/${name}`,
      volume: (volume: Volume) => this.#volumes.path(volume),
      peer: (peer, port) => this.wiring.link(service, peer, port).address,
    }
  }

  protected async use(program: Program, argv: readonly string[], options: ToolOptions): Promise<Output> {
    return this.#tool(await resolveImage(this.#site.engine, program), true, argv, options)
  }

  protected async clear(): Promise<void> {
    await using stack = new AsyncDisposableStack()
    stack.defer(this.#forget)
    stack.defer(() => this.#site.network.remove())
    stack.use(this.#volumes)
  }

  /** All at once: one after the other would take seconds. */
  protected async endServices(): Promise<void> {
    const removing = [...this.#instances.values()].map(instance => instance.discard())
    const outcomes = await Promise.allSettled([...removing, this.#toolbox[Symbol.asyncDispose]()])
    const failures = outcomes.filter(outcome => outcome.status === 'rejected')
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => messageOf(reason)).join('; '))
  }

  protected async start(service: string, blueprint: Blueprint): Promise<Instance> {
    this.signal.throwIfAborted()
    const image = await resolveImage(this.#site.engine, blueprint.program)
    const account = await accountOf(this.#site, image, blueprint.unprivileged ?? false)
    const volumes = blueprint.volumes ?? []
    for (const volume of volumes) this.#volumes.path(volume)
    const making = this.#volumes.make(
      image,
      account,
      volumes.map(({ name }) => name),
    )
    const [mounts] = await Promise.all([making, this.wiring.listening()])
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
      wiring: this.wiring,
      version: () => this.#versionOf(image, instance),
      beside: (argv, options) =>
        this.#tool(image, blueprint.unprivileged ?? false, argv, {
          environment: blueprint.environment ?? {},
          ...options,
        }),
      signal: this.signal,
      closing: this.closing.signal,
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
