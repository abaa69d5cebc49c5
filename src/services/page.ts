import { createServer, type Server } from 'node:http'
import type { Address, Freeze, Lifecycle, MetricsTarget } from '../model/abilities.ts'
import type { ServiceHost } from '../model/kind.ts'
import { listen } from './hosted.ts'

/** The text of a page; undefined when there is no such page, an error text with its status when it cannot be given. */
export type Page = (path: string) => Promise<string | { readonly status: number; readonly text: string } | undefined>

/** Metrics pages that the harness serves itself. They can be killed and frozen like any other service. */
export class MetricsServer implements Lifecycle, Freeze, AsyncDisposable {
  readonly #host: ServiceHost
  readonly #page: Page
  #server: Server | undefined
  #address: Address | undefined
  #frozen: { readonly thaw: () => void; readonly thawed: Promise<void> } | undefined

  constructor(host: ServiceHost, page: Page) {
    this.#host = host
    this.#page = page
  }

  async start(): Promise<void> {
    await this.resume()
    if (this.#server !== undefined) return
    const server = createServer((request, response) => {
      this.#answer((request.url ?? '').split('?')[0] ?? '')
        .then(({ status, text }) =>
          response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
        )
        .catch(error => response.writeHead(500, { 'content-type': 'text/plain' }).end(`${error}\n`))
    })
    this.#address = await listen(this.#host, server, 'main', this.#address)
    this.#server = server
  }

  async running(): Promise<boolean> {
    return this.#server !== undefined
  }

  async kill(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    await this.resume()
    if (server === undefined) return
    const closed = new Promise(resolve => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  stop(): Promise<void> {
    return this.kill()
  }

  async pause(): Promise<void> {
    if (this.#frozen !== undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#frozen = { thaw: resolve, thawed: promise }
  }

  async resume(): Promise<void> {
    this.#frozen?.thaw()
    this.#frozen = undefined
  }

  /** As Prometheus is to scrape it. */
  target(job: string, instance: string, path: string, world: MetricsTarget['world']): MetricsTarget {
    const { runtime, place } = this.#host
    return { job, instance, path, world, target: runtime.place('prometheus').peer(place.service) }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }

  async #answer(path: string): Promise<{ status: number; text: string }> {
    await this.#frozen?.thawed
    const page = await this.#page(path)
    if (page === undefined) return { status: 404, text: 'no such page\n' }
    return typeof page === 'string' ? { status: 200, text: page } : page
  }
}
