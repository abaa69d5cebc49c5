import { createServer, type Server } from 'node:net'
import { numbersIn, targetOf, textOf } from './proc.ts'

/**
 * Loopback ports that stay a service's own for a whole run. They lie below the range from which the kernel takes ports for outgoing
 * connections, so that no client occupies one while its service is down. Until its service starts, a port is held by a listener that
 * resets whoever connects.
 */
export class Ports implements AsyncDisposable {
  readonly #holders = new Map<number, { server: Server; listening: Promise<Error | undefined> }>()
  readonly #given = new Set<number>()
  readonly #range = range()
  #busy: ReadonlyMap<number, string> = new Map()
  #looked = Number.NEGATIVE_INFINITY

  choose(): number {
    // Reading the kernel's table takes milliseconds; a look of a second ago will do, as holding the port tells for sure.
    if (performance.now() - this.#looked > 1_000) {
      this.#busy = listening()
      this.#looked = performance.now()
    }
    const { first, last } = this.#range
    for (;;) {
      const port = first + Math.floor(Math.random() * (last - first))
      if (this.#given.has(port) || this.#busy.has(port)) continue
      this.#given.add(port)
      return port
    }
  }

  hold(port: number, host = '127.0.0.1'): void {
    const server = createServer(socket => socket.on('error', () => {}).resetAndDestroy())
    const held = new Promise<Error | undefined>(resolve => server.once('listening', resolve).once('error', resolve))
    server.listen({ port, host, exclusive: true }).unref()
    this.#holders.set(port, { server, listening: held })
  }

  /** Lets go of a held port, so that its service can take it. Gives why it could not be held, if so. */
  async release(port: number): Promise<Error | undefined> {
    const holder = this.#holders.get(port)
    if (!holder) return undefined
    this.#holders.delete(port)
    const failure = await holder.listening
    if (!failure) await new Promise(resolve => holder.server.close(resolve))
    return failure
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#holders.keys()].map(port => this.release(port)))
  }
}

/** Which program listens on the port, as far as it can be seen: `redis-server (pid 123)`. */
export function portHolder(port: number): string | undefined {
  const inode = listening().get(port)
  if (inode === undefined) return undefined
  for (const pid of numbersIn('/proc')) {
    for (const descriptor of numbersIn(`/proc/${pid}/fd`)) {
      if (targetOf(`/proc/${pid}/fd/${descriptor}`) !== `socket:[${inode}]`) continue
      return `${textOf(`/proc/${pid}/comm`).trim()} (pid ${pid})`
    }
  }
  return 'a program of another user'
}

function range(): { first: number; last: number } {
  const lowest = Number(textOf('/proc/sys/net/ipv4/ip_local_port_range').split(/\s+/)[0] || 32_768)
  return lowest > 12_000 ? { first: 10_240, last: lowest } : { first: 20_000, last: 32_000 }
}

/** Ports that somebody listens on, with the socket's inode. */
function listening(): Map<number, string> {
  const found = new Map<number, string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of textOf(table).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/)
      if (fields[3] === '0A') found.set(Number.parseInt(fields[1]?.split(':').at(-1) ?? '', 16), fields[9] ?? '')
    }
  }
  return found
}
