import type { Output, Program } from '../../model/runtime.ts'
import { startBox } from './box.ts'
import type { Container } from './engine.ts'
import { execIn } from './exec.ts'
import type { Image } from './image.ts'
import type { Account, Site } from './site.ts'
import type { Mount } from './volumes.ts'

interface Box {
  readonly container: Container
  readonly mounts: readonly Mount[]
}

/**
 * One long-lived container for each program, in which tools run: an exec is several times cheaper than a container. It sees all volumes of the
 * run, so it is exchanged when there are new ones.
 */
export class Toolbox implements AsyncDisposable {
  readonly #site: Site
  readonly #boxes = new Map<Program, Promise<Box>>()
  readonly #busy = new Map<Container, number>()
  readonly #leaving = new Set<Promise<unknown>>()

  constructor(site: Site) {
    this.#site = site
  }

  async run(
    image: Image,
    account: Account,
    mounts: readonly Mount[],
    argv: readonly string[],
    options: { input?: string; timeoutMs?: number; environment?: Readonly<Record<string, string>> },
  ): Promise<Output> {
    const { container } = await this.open(image, mounts)
    this.#busy.set(container, (this.#busy.get(container) ?? 0) + 1)
    try {
      return await execIn(container, argv, { user: account.name, ...options })
    } finally {
      this.#busy.set(container, (this.#busy.get(container) ?? 1) - 1)
    }
  }

  async open(image: Image, mounts: readonly Mount[]): Promise<Box> {
    const before = this.#boxes.get(image.program)
    const old = await before
    if (old && mounts.every(({ source }) => old.mounts.some(other => other.source === source))) return old
    // Somebody else may have exchanged it while we waited.
    const now = this.#boxes.get(image.program)
    if (now !== before) return this.open(image, mounts)
    const kept = (old?.mounts ?? []).filter(({ source }) => !mounts.some(other => other.source === source))
    const making = this.#start(image, [...mounts, ...kept])
    this.#boxes.set(image.program, making)
    making.catch(() => this.#boxes.delete(image.program))
    const box = await making
    if (old) this.#retire(old.container)
    return box
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const box of await Promise.allSettled(this.#boxes.values())) {
      if (box.status === 'fulfilled') await box.value.container.remove({ force: true, v: true })
    }
    await Promise.all(this.#leaving)
  }

  async #start(image: Image, mounts: readonly Mount[]): Promise<Box> {
    const { engine, network, labels, reaper } = this.#site
    const container = await startBox(engine, {
      image,
      command: ['sleep', '2147483647'],
      user: 'root',
      network: network.id,
      labels,
      volumes: mounts,
      ports: [],
      entries: [],
      reaper,
    })
    return { container, mounts }
  }

  /** Removed when its last tool has ended. */
  #retire(container: Container): void {
    const leaving = (async () => {
      while ((this.#busy.get(container) ?? 0) > 0) await new Promise(resolve => setTimeout(resolve, 50))
      await container.remove({ force: true, v: true })
    })()
    leaving.catch(() => {})
    this.#leaving.add(leaving)
  }
}
