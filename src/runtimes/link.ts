import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Address, Link } from '../model/abilities.ts'
import { messageOf } from '../model/errors.ts'
import { Lane, type Road } from './lane.ts'

/**
 * The way of traffic from one service to another: a TCP proxy of the harness. Its address never changes; the target is looked up anew
 * for each connection. While the target is down, whoever connects is reset at once.
 */
export class LinkProxy implements Link, AsyncDisposable {
  readonly from: string
  readonly to: string
  readonly address: Address
  /** Undefined when it listens, else why it cannot. */
  readonly listening: Promise<Error | undefined>
  readonly #target: () => Address | undefined
  readonly #server: Server
  readonly #connections = new Set<Connection>()
  readonly #there: Road = { delayMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY, budget: { bytes: 0, at: 0 } }
  readonly #back: Road = { delayMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY, budget: { bytes: 0, at: 0 } }
  #cut: 'drop' | 'refuse' | undefined

  constructor(from: string, to: string, address: Address, target: () => Address | undefined) {
    this.from = from
    this.to = to
    this.address = address
    this.#target = target
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, client => this.#accept(client))
    this.listening = new Promise(resolve =>
      this.#server.once('listening', () => resolve(undefined)).once('error', resolve),
    )
    this.#server.listen({ host: address.host, port: address.port, exclusive: true }).unref()
  }

  async cut(how: 'drop' | 'refuse'): Promise<void> {
    this.#cut = how
    for (const connection of this.#connections)
      if (how === 'drop') connection.silence()
      else connection.reset()
  }

  async delay(milliseconds: number): Promise<void> {
    this.#there.delayMs = milliseconds
    this.#back.delayMs = milliseconds
  }

  async throttle(bytesPerSecond: number): Promise<void> {
    for (const road of [this.#there, this.#back]) {
      road.bytesPerSecond = bytesPerSecond
      road.budget = { bytes: 0, at: performance.now() }
    }
  }

  /**
   * What was swallowed while cut is gone, and nobody will send it again: to the programs the kernel has acknowledged it. A connection
   * with a hole in it would corrupt or stall for ever, so those that lived through a drop are reset and their programs connect anew.
   */
  async heal(): Promise<void> {
    this.#cut = undefined
    for (const road of [this.#there, this.#back]) {
      road.delayMs = 0
      road.bytesPerSecond = Number.POSITIVE_INFINITY
    }
    for (const connection of this.#connections) connection.heal()
  }

  /** Closes what is open, so that programs connect anew: for a target that has changed. */
  reset(): void {
    for (const connection of this.#connections) connection.reset()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.reset()
    if ((await this.listening) === undefined) await new Promise(resolve => this.#server.close(resolve))
  }

  #accept(client: Socket): void {
    const target = this.#target()
    if (this.#cut === 'refuse' || (target === undefined && this.#cut === undefined)) {
      client.on('error', () => {}).resetAndDestroy()
      return
    }
    const server =
      this.#cut === 'drop' || target === undefined
        ? undefined
        : connect({ ...target, noDelay: true, allowHalfOpen: true })
    const connection = new Connection(client, server, this.#there, this.#back, () =>
      this.#connections.delete(connection),
    )
    this.#connections.add(connection)
  }
}

class Connection {
  readonly #sockets: readonly Socket[]
  readonly #lanes: readonly Lane[]
  readonly #gone: () => void
  #silent: boolean

  /** Without a server it was accepted while the link drops: it hangs, as it would with its packets lost. */
  constructor(client: Socket, server: Socket | undefined, there: Road, back: Road, gone: () => void) {
    this.#gone = gone
    this.#silent = server === undefined
    this.#sockets = server ? [client, server] : [client]
    this.#lanes = server ? [new Lane(client, server, there), new Lane(server, client, back)] : []
    if (!server) client.resume()
    for (const socket of this.#sockets) {
      socket.on('error', error => this.#failed(messageOf(error)))
      socket.on('close', () => this.#closed())
    }
  }

  silence(): void {
    this.#silent = true
    for (const lane of this.#lanes) lane.silence()
  }

  heal(): void {
    if (this.#silent) this.reset()
    else for (const lane of this.#lanes) lane.hurry()
  }

  reset(): void {
    for (const lane of this.#lanes) lane.silence()
    for (const socket of this.#sockets) socket.connecting ? socket.destroy() : socket.resetAndDestroy()
    this.#gone()
  }

  #failed(_why: string): void {
    // Behind a cut nobody learns of the other's end.
    if (!this.#silent) this.reset()
  }

  #closed(): void {
    if (!this.#silent && this.#sockets.every(socket => socket.destroyed)) this.#gone()
  }
}
