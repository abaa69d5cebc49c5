import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Abilities, AbilityName } from '../../../src/model/abilities.ts'
import { drillClock } from '../../../src/model/clock.ts'
import type { Service, ServiceKind } from '../../../src/model/kind.ts'
import type { Runtime, RuntimeName } from '../../../src/model/runtime.ts'
import { openRuntime } from '../../../src/runtimes/index.ts'

/** Services of one runtime, started one by one as a run would start them. */
export class Bed implements AsyncDisposable {
  readonly runtime: Runtime
  readonly #stack: AsyncDisposableStack
  readonly #services = new Map<string, Service>()
  readonly #timeScale: number

  constructor(runtime: Runtime, stack: AsyncDisposableStack, timeScale: number) {
    this.runtime = runtime
    this.#stack = stack
    this.#timeScale = timeScale
  }

  static async open(name: RuntimeName, timeScale = 1): Promise<Bed> {
    const stack = new AsyncDisposableStack()
    const state = await mkdtemp(join(tmpdir(), 'genesis-drill-test-'))
    stack.defer(() => rm(state, { recursive: true, force: true }))
    const runtime = stack.use(await openRuntime({ name, run: `test-${randomUUID().slice(0, 8)}`, state }))
    return new Bed(runtime, stack, timeScale)
  }

  /** `yaml` is the service's mapping without `kind`. */
  async start<Spec>(name: string, kind: ServiceKind<Spec>, yaml: unknown = {}): Promise<Service> {
    const spec = kind.spec.parse(yaml)
    const service = this.#stack.use(
      await kind.start(spec, {
        runtime: this.runtime,
        place: this.runtime.place(name),
        clock: drillClock(this.#timeScale, performance.now(), Date.now() - performance.now(), () => performance.now()),
        peer: peer => this.service(peer),
        note: () => {},
        signal: new AbortController().signal,
      }),
    )
    this.#services.set(name, service)
    return service
  }

  service(name: string): Service {
    const found = this.#services.get(name)
    if (found === undefined) throw new Error(`${name} was not started`)
    return found
  }

  ability<Name extends AbilityName>(service: string, name: Name): Abilities[Name] {
    const found = this.service(service).abilities[name]
    if (found === undefined) throw new Error(`${service} lacks ${name}`)
    return found as Abilities[Name]
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

/** Waits until `look` gives something truthy; a throw counts as not yet. */
export async function eventually<T>(look: () => Promise<T> | T, withinMs = 20_000): Promise<T> {
  const end = performance.now() + withinMs
  for (;;) {
    try {
      const seen = await look()
      if (seen || performance.now() > end) return seen
    } catch (error) {
      if (performance.now() > end) throw error
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
