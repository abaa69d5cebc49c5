import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import type { Address } from '../model/abilities.ts'
import { EnvironmentError, messageOf } from '../model/errors.ts'
import type { ServiceHost } from '../model/kind.ts'

/**
 * Lets a server of the harness listen where the services of the run reach it, and makes it one of them; at the address that it had
 * `before`, if it had one.
 */
export async function listen(host: ServiceHost, server: NetServer, port = 'main', before?: Address): Promise<Address> {
  const bind = await host.runtime.hostBind()
  await new Promise<void>((resolve, reject) => {
    server.once('error', error =>
      reject(
        new EnvironmentError(`${host.place.service} cannot listen on ${bind}: ${messageOf(error)}`, { cause: error }),
      ),
    )
    server.listen({ host: bind, port: before?.port ?? 0 }, () => resolve())
  })
  const address: Address = { host: bind, port: (server.address() as AddressInfo).port }
  host.runtime.hosted(host.place.service, port, address)
  return address
}

/** An HTTP server whose disposal does not wait for anybody. */
export function httpServer(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Server & AsyncDisposable {
  const server = createServer((request, response) => {
    handle(request, response).catch(error => {
      if (response.headersSent) response.destroy()
      else response.writeHead(500, { 'content-type': 'text/plain' }).end(`${messageOf(error)}\n`)
    })
  })
  return closing(server, () => server.closeAllConnections())
}

/** Disposal closes the server and everything that is still open to it. */
export function closing<S extends { close(done: () => void): unknown }>(
  server: S,
  cutOff: () => void,
): S & AsyncDisposable {
  return Object.assign(server, {
    [Symbol.asyncDispose]: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        cutOff()
      }),
  })
}

/** The whole body; throws when it is larger than `limit` bytes. */
export async function bodyOf(request: IncomingMessage, limit: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > limit) throw new BodyTooLarge(limit)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

export class BodyTooLarge extends Error {
  constructor(limit: number) {
    super(`the body is larger than ${limit} bytes`)
  }
}

/** The sockets that are open to a server, to cut them off. */
export function trackSockets(server: {
  on(event: 'connection', listener: (socket: Socket) => void): unknown
}): () => void {
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket.once('close', () => sockets.delete(socket))))
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}
