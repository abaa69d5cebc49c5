import { connect } from 'node:net'
import type { Address } from '../../../src/model/abilities.ts'
import type { Blueprint, Instance, Runtime } from '../../../src/model/runtime.ts'

/** Simple programs to try runtimes with; the real blueprints are the services'. */

/** One line to a Redis, and the first piece of its answer. Throws when the connection ends without one. */
export function ask(address: Address, command: string, timeoutMs = 5_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, noDelay: true }, () => socket.write(`${command}\r\n`))
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('no answer in time')))
    socket.once('data', answer => {
      resolve(answer.toString().trim())
      socket.destroy()
    })
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed without an answer')))
  })
}

export function redis(runtime: Runtime, service: string, changes: Partial<Blueprint> = {}): Blueprint {
  const place = runtime.place(service)
  const volume = { name: service }
  const file = place.file('redis.conf')
  const lines = [
    `bind ${place.bind}`,
    `port ${place.port()}`,
    'protected-mode no',
    `dir ${place.volume(volume)}`,
    'appendonly yes',
    'appendfsync always',
  ]
  return {
    program: 'redis',
    command: ['redis-server', file],
    files: { [file]: `${lines.join('\n')}\n` },
    volumes: [volume],
    unprivileged: true,
    ready: async instance => (await ask(instance.address(), 'PING')) === '+PONG',
    readyWithin: 30_000,
    ...changes,
  }
}

export async function launchRedis(runtime: Runtime, service: string): Promise<Instance> {
  return runtime.launch(service, redis(runtime, service))
}

/** A Postgres with a fresh cluster. */
export async function launchPostgres(runtime: Runtime, service: string): Promise<Instance> {
  const place = runtime.place(service)
  const volume = { name: service }
  const data = `${place.volume(volume)}/data`
  const script = `initdb -D "$0" -A trust -U postgres -N --wal-segsize=1 && echo "host all all all trust" >>"$0/pg_hba.conf"`
  const made = await runtime.tool('postgres', ['sh', '-c', script, data])
  if (made.code !== 0) throw new Error(made.stderr)
  const port = String(place.port())
  const settings = ['unix_socket_directories=', `listen_addresses=${place.bind}`, 'shared_buffers=16MB']
  return runtime.launch(service, {
    program: 'postgres',
    command: ['postgres', '-D', data, '-p', port, ...settings.flatMap(setting => ['-c', setting])],
    volumes: [volume],
    unprivileged: true,
    stopSignal: 'SIGINT',
    ready: async self => (await self.exec(['pg_isready', '-h', '127.0.0.1', '-p', port])).code === 0,
    readyWithin: 60_000,
  })
}

/** One statement, asked from beside the server. */
export async function sql(runtime: Runtime, instance: Instance, statement: string): Promise<string> {
  const port = String(runtime.place(instance.service).port())
  const { code, stdout, stderr } = await instance.exec([
    ...['psql', '-h', '127.0.0.1', '-p', port, '-U', 'postgres', '-XAtc', statement],
  ])
  if (code !== 0) throw new Error(stderr)
  return stdout.trim()
}
