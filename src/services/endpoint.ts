import { connect, createServer, type Socket } from 'node:net'
import { z } from 'zod'
import { serviceName } from '../model/fields.ts'
import type { ServiceKind } from '../model/kind.ts'
import { closing, listen } from './hosted.ts'
import { connectSql } from './postgres/sql.ts'
import { connectRedis } from './redis/connection.ts'

const spec = z.strictObject({
  to: serviceName.describe('the service that takes the traffic first'),
})
type Spec = z.output<typeof spec>

export const endpoint: ServiceKind<Spec> = {
  summary:
    'The address that clients use, as a virtual IP or a connection string: the action `repoint` moves it to another service.',
  spec,
  example: `kind: endpoint
to: primary
`,
  abilities: () => ['endpoint', 'sql', 'redis'],
  dependsOn: ({ to }) => [to],

  async start({ to }, host) {
    const { runtime, place, peer } = host
    const { service } = place
    let target = to
    let way = (await runtime.link(service, to)).address
    const sockets = new Set<Socket>()
    const drop = () => {
      for (const socket of sockets) socket.resetAndDestroy()
    }
    const server = createServer({ noDelay: true }, client => {
      const upstream = connect({ ...way, noDelay: true })
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          sockets.delete(socket)
          other.destroy()
        })
        socket.pipe(other)
      }
    })
    const proxy = closing(server, drop)
    await listen(host, server)
    const address = async (from: string) => (await runtime.link(from, service)).address
    const behind = () => peer(target).abilities
    return {
      facts: [],
      abilities: {
        endpoint: {
          address: () => address('clients'),
          target: () => target,
          async repoint(other) {
            way = (await runtime.link(service, other)).address
            target = other
            drop()
          },
        },
        // Both: what clients speak is what the target of the moment understands.
        sql: {
          async connect({ from = 'clients', ...options } = {}) {
            demand(behind().sql, target, 'SQL')
            return connectSql(await address(from), options)
          },
          query: async (text, parameters) => demand(behind().sql, target, 'SQL').query(text, parameters),
        },
        redis: {
          async connect({ from = 'clients', timeoutMs } = {}) {
            demand(behind().redis, target, 'Redis')
            return connectRedis(await address(from), () => target, timeoutMs)
          },
          command: async (...words) => demand(behind().redis, target, 'Redis').command(...words),
        },
      },
      [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
    }
  },
}

function demand<T>(ability: T | undefined, service: string, name: string): T {
  if (ability === undefined) throw new Error(`${service} does not speak ${name}`)
  return ability
}
