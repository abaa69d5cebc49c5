import type { Address, Link } from '../model/abilities.ts'
import { EnvironmentError } from '../model/errors.ts'
import { LinkProxy } from './link.ts'
import { Ports, portHolder } from './ports.ts'

const MAIN = 'main'

/** Who listens where in one run, and the links between them. A service's address is known before it starts and never changes. */
export class Wiring implements AsyncDisposable {
  /** Where the proxies listen: an address that the services reach. */
  readonly bind: string
  readonly #ports = new Ports()
  readonly #chosen = new Map<string, Map<string, number>>()
  readonly #addresses = new Map<string, Map<string, Address>>()
  readonly #links = new Map<string, LinkProxy>()

  constructor(bind: string) {
    this.bind = bind
  }

  /** The port that the service's program listens on; chosen at the first call and held on this machine until `release`. */
  port(service: string, name = MAIN): number {
    const ports = this.#chosen.get(service) ?? new Map<string, number>()
    this.#chosen.set(service, ports)
    const known = ports.get(name)
    if (known !== undefined) return known
    const port = this.#ports.choose()
    this.#ports.hold(port)
    ports.set(name, port)
    this.place(service, name, { host: '127.0.0.1', port })
    return port
  }

  /** The ports chosen for a service, by name. */
  ports(service: string): ReadonlyMap<string, number> {
    return this.#chosen.get(service) ?? new Map()
  }

  /** A port of nobody yet, for a second try. */
  spare(): number {
    return this.#ports.choose()
  }

  /** Says where a service listens, seen from the harness. */
  place(service: string, name: string, address: Address): void {
    const ports = this.#addresses.get(service) ?? new Map<string, Address>()
    ports.set(name, address)
    this.#addresses.set(service, ports)
  }

  /** Undefined while nobody has said where it listens. Without a name: the main port, or its only one. */
  find(service: string, name?: string): Address | undefined {
    const ports = this.#addresses.get(service)
    if (name !== undefined) return ports?.get(name)
    return ports?.get(MAIN) ?? (ports?.size === 1 ? ports.values().next().value : undefined)
  }

  address(service: string, name?: string): Address {
    const found = this.find(service, name)
    if (found) return found
    const known = [...(this.#addresses.get(service)?.keys() ?? [])].join(', ') || 'none'
    throw new Error(`${service} has no port ${name ?? MAIN}; it has: ${known}`)
  }

  /** Frees the held ports of a service that is about to start. */
  async release(service: string): Promise<void> {
    for (const port of this.ports(service).values()) {
      if (await this.#ports.release(port)) throw portTaken(service, port)
    }
  }

  link(from: string, to: string, port?: string): LinkProxy {
    const key = JSON.stringify([from, to, port ?? MAIN])
    const known = this.#links.get(key)
    if (known) return known
    const address = { host: this.bind, port: this.#ports.choose() }
    const link = new LinkProxy(from, to, address, () => this.find(to, port))
    this.#links.set(key, link)
    return link
  }

  /** Waits until all links made so far listen. */
  async listening(): Promise<void> {
    for (const link of this.#links.values()) {
      const failure = await link.listening
      if (!failure) continue
      throw new EnvironmentError(
        `the link ${link.from} -> ${link.to} cannot listen on ${link.address.host}:${link.address.port}: ${failure.message}`,
        { advice: 'run again; another port will be chosen', cause: failure },
      )
    }
  }

  links(): readonly Link[] {
    return [...this.#links.values()]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#links.values()].map(link => link[Symbol.asyncDispose]()))
    await this.#ports[Symbol.asyncDispose]()
  }
}

export function portTaken(service: string, port: number, cause?: unknown): EnvironmentError {
  const holder = portHolder(port)
  return new EnvironmentError(`${service}: port ${port} was free and is now in use${holder ? ` by ${holder}` : ''}`, {
    advice: 'end that program, or run again: another port will be chosen',
    cause,
  })
}
