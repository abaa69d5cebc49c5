import type { Address, Link } from '../model/abilities.ts'
import type { Blueprint, Instance, Output, Place, Program, Runtime, RuntimeName } from '../model/runtime.ts'
import { Wiring } from './wiring.ts'

export type ToolOptions = { input?: string; timeoutMs?: number; environment?: Readonly<Record<string, string>> }

/** What both runtimes do alike: the wiring between services, and an end that waits for what is under way. */
export abstract class WiredRuntime implements Runtime {
  abstract readonly name: RuntimeName
  protected readonly wiring: Wiring
  protected readonly closing = new AbortController()
  /** Aborts when the run is aborted or over. */
  protected readonly signal: AbortSignal
  /** Launches and tools under way: nothing may be removed below them. */
  readonly #busy = new Set<Promise<unknown>>()
  #disposed: Promise<void> | undefined

  constructor(bind: string, signal: AbortSignal | undefined) {
    this.wiring = new Wiring(bind)
    this.signal = signal ? AbortSignal.any([signal, this.closing.signal]) : this.closing.signal
  }

  abstract place(service: string): Place
  protected abstract start(service: string, blueprint: Blueprint): Promise<Instance>
  protected abstract use(program: Program, argv: readonly string[], options: ToolOptions): Promise<Output>
  /** Ends and removes everything that was started. */
  protected abstract endServices(): Promise<void>
  /** Removes what services stood on, when none is left. */
  protected abstract clear(): Promise<void>

  launch(service: string, blueprint: Blueprint): Promise<Instance> {
    return this.#during(this.start(service, blueprint))
  }

  tool(program: Program, argv: readonly string[], options: ToolOptions = {}): Promise<Output> {
    return this.#during(this.use(program, argv, options))
  }

  async hostBind(): Promise<string> {
    return this.wiring.bind
  }

  hosted(service: string, port: string, address: Address): void {
    this.wiring.place(service, port, address)
  }

  async link(from: string, to: string, port?: string): Promise<Link & { readonly address: Address }> {
    const link = this.wiring.link(from, to, port)
    await this.wiring.listening()
    return link
  }

  links(): readonly Link[] {
    return this.wiring.links()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose()
    return this.#disposed
  }

  async #dispose(): Promise<void> {
    this.closing.abort(new Error('the run is over'))
    await Promise.allSettled(this.#busy)
    await using stack = new AsyncDisposableStack()
    stack.defer(() => this.clear())
    stack.use(this.wiring)
    stack.defer(() => this.endServices())
  }

  #during<T>(work: Promise<T>): Promise<T> {
    this.#busy.add(work)
    return work.finally(() => this.#busy.delete(work))
  }
}
