import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { EnvironmentError } from '../../model/errors.ts'
import type { Blueprint, Instance, Output, Place, Program, ProgramFacts, Runtime, Volume } from '../../model/runtime.ts'
import { linkCommands, mainBinary, versionIn } from '../binaries.ts'
import { removeStack, stackDirectory, thisOwner } from '../state.ts'
import { type ToolOptions, WiredRuntime } from '../wired-runtime.ts'
import { type Account, give, unprivilegedAccount } from './account.ts'
import { ProcessInstance } from './instance.ts'
import { runToEnd, type Seat } from './spawn.ts'
import { Volumes } from './volumes.ts'

interface Options {
  readonly run: string
  readonly state: string
  readonly signal?: AbortSignal | undefined
}

export async function openProcessRuntime({ run, state, signal }: Options): Promise<Runtime> {
  if (process.platform !== 'linux') {
    throw new EnvironmentError(`the process runtime needs Linux's /proc; this is ${process.platform}`, {
      advice: 'use --runtime container with a Docker engine',
    })
  }
  const stack = await stackDirectory(state, run)
  const account = unprivilegedAccount()
  await mkdir(join(stack, 'services'), { mode: 0o711 })
  await mkdir(join(stack, 'tools'), { mode: 0o755 })
  await give(join(stack, 'tools'), account)
  await linkCommands(join(stack, 'bin'))
  return new ProcessRuntime({ claim: { run, state, owner: thisOwner() }, stack }, account, signal, () =>
    removeStack(state, run, stack),
  )
}

class ProcessRuntime extends WiredRuntime {
  readonly name = 'process'
  readonly #seat: Seat
  readonly #account: Account | undefined
  readonly #forget: () => Promise<void>
  readonly #volumes: Volumes
  readonly #instances = new Map<string, ProcessInstance>()
  readonly #facts = new Map<Program, Promise<ProgramFacts>>()

  constructor(seat: Seat, account: Account | undefined, signal: AbortSignal | undefined, forget: () => Promise<void>) {
    super('127.0.0.1', signal)
    this.#seat = seat
    this.#account = account
    this.#forget = forget
    this.#volumes = new Volumes(join(seat.stack, 'volumes'), account)
  }

  place(service: string): Place {
    return {
      service,
      bind: '127.0.0.1',
      port: name => this.wiring.port(service, name),
      file: name => join(this.#folder(service), 'files', name),
      volume: (volume: Volume) => this.#volumes.path(volume),
      peer: (peer, port) => this.wiring.link(service, peer, port).address,
    }
  }

  protected async use(program: Program, argv: readonly string[], options: ToolOptions): Promise<Output> {
    mainBinary(program)
    await this.#volumes.make()
    return this.#run(argv, options)
  }

  protected async clear(): Promise<void> {
    await using stack = new AsyncDisposableStack()
    stack.defer(this.#forget)
    stack.use(this.#volumes)
  }

  /** The last one started is the first one ended. */
  protected async endServices(): Promise<void> {
    await using stack = new AsyncDisposableStack()
    for (const instance of this.#instances.values()) stack.defer(() => instance.discard())
  }

  protected async start(service: string, blueprint: Blueprint): Promise<Instance> {
    this.signal.throwIfAborted()
    const facts = await this.#factsOf(blueprint.program)
    for (const volume of blueprint.volumes ?? []) this.#volumes.path(volume)
    await Promise.all([this.#volumes.make(), this.wiring.listening()])
    const before = this.#instances.get(service)
    if (await before?.running()) throw new Error(`${service} is running already; remove it first`)
    const instance = new ProcessInstance({
      service,
      blueprint,
      seat: this.#seat,
      folder: this.#folder(service),
      account: blueprint.unprivileged ? this.#account : undefined,
      wiring: this.wiring,
      facts,
      signal: this.signal,
      closing: this.closing.signal,
    })
    this.#instances.set(service, instance)
    await instance.launch()
    return instance
  }

  #folder(service: string): string {
    return join(this.#seat.stack, 'services', service)
  }

  #run(argv: readonly string[], options: ToolOptions): Promise<Output> {
    const folder = join(this.#seat.stack, 'tools')
    return runToEnd({ seat: this.#seat, command: argv, account: this.#account, folder, ...options })
  }

  #factsOf(program: Program): Promise<ProgramFacts> {
    const known = this.#facts.get(program)
    if (known) return known
    const asked = this.#ask(program)
    this.#facts.set(program, asked)
    return asked
  }

  async #ask(program: Program): Promise<ProgramFacts> {
    const binary = mainBinary(program)
    const { stdout, stderr } = await this.#run([binary, '--version'], { timeoutMs: 10_000 })
    return { program, binary, version: versionIn(`${stdout}${stderr}`) }
  }
}
