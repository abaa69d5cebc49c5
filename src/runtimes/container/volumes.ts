import type { Volume } from '../../model/runtime.ts'
import { archiveOf } from './archive.ts'
import { withIdleBox } from './box.ts'
import type { Image } from './image.ts'
import type { Account, Site } from './site.ts'

const ROOT = '/genesis-drill/volumes'

/** The engine's named volumes of one stack: they survive restarts and are seen at the same path by whoever mounts them. */
export class Volumes implements AsyncDisposable {
  readonly #site: Site
  readonly #named = new Map<string, Volume>()
  readonly #made = new Map<string, Promise<void>>()

  constructor(site: Site) {
    this.#site = site
  }

  path(volume: Volume): string {
    const known = this.#named.get(volume.name)
    if (!known || (known.limitBytes === undefined && volume.limitBytes !== undefined))
      this.#named.set(volume.name, volume)
    return `${ROOT}/${volume.name}`
  }

  /**
   * Makes the given ones, or all that were named so far; what is there already stays as it is. The account owns them, so that it may use
   * their root as a data directory; others, whose images know other users, may still write into them. Gives where to mount them.
   */
  async make(image: Image, account: Account, names: Iterable<string> = this.#named.keys()): Promise<readonly Mount[]> {
    const wanted = [...names]
    const fresh = [...this.#named.values()].filter(({ name }) => wanted.includes(name) && !this.#made.has(name))
    const making = this.#create(fresh, image, account)
    for (const { name } of fresh) this.#made.set(name, making)
    await Promise.all(wanted.map(name => this.#made.get(name)))
    return wanted.map(name => this.mount({ name }))
  }

  mount({ name }: Volume): Mount {
    return { source: this.#engineName(name), target: `${ROOT}/${name}` }
  }

  isLimited({ name }: Volume): boolean {
    return this.#named.get(name)?.limitBytes !== undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#made.values())
    const { dockerode } = this.#site.engine.container
    await Promise.all(
      [...this.#made.keys()].map(name => dockerode.getVolume(this.#engineName(name)).remove({ force: true })),
    )
  }

  async #create(volumes: readonly Volume[], image: Image, account: Account): Promise<void> {
    if (volumes.length === 0) return
    const { engine, labels } = this.#site
    const { uid, gid } = account
    for (const { name, limitBytes } of volumes) {
      const options = `size=${limitBytes},uid=${uid},gid=${gid},mode=0777`
      await engine.container.dockerode.createVolume({
        Name: this.#engineName(name),
        Labels: { ...labels },
        Driver: 'local',
        DriverOpts: limitBytes === undefined ? {} : { type: 'tmpfs', device: 'tmpfs', o: options },
      })
    }
    const plain = volumes.filter(({ limitBytes }) => limitBytes === undefined)
    if (plain.length === 0) return
    const mounts = plain.map(volume => this.mount(volume))
    const entries = mounts.map(({ target }) => ({ path: target, uid, gid, mode: 0o777 }))
    await withIdleBox(engine, { image, labels, volumes: mounts }, container =>
      engine.container.putArchive(container, archiveOf(entries), '/'),
    )
  }

  #engineName(name: string): string {
    return `${this.#site.name}-${name}`
  }
}

export interface Mount {
  readonly source: string
  readonly target: string
}
