import { Socket } from 'node:net'
import { Client, type ClientConfig, Pool } from 'pg'
import type { Address, Row, SqlConnection } from '../../model/abilities.ts'

/** Names the server that answers. `cluster_name` is the service's name, so it holds through any proxy. */
const IDENTITY = `select current_setting('cluster_name') || '/' || (select system_identifier from pg_control_system())
  || '/' || case when pg_is_in_recovery() then 'standby' else 'timeline ' || left(pg_walfile_name(pg_current_wal_lsn()), 8) end
  || '/' || extract(epoch from pg_postmaster_start_time()) as identity`

/** Opens one connection. Opening it and each query are limited by `timeoutMs`; throws when nobody answers in time. */
export async function connectSql(
  address: Address,
  { timeoutMs = 5_000, database = 'postgres' }: { timeoutMs?: number; database?: string } = {},
): Promise<SqlConnection> {
  // A socket of our own: the only way to be rid of a connection whose server does not answer.
  const socket = new Socket()
  const client = new Client({ ...settings(address, timeoutMs), database, stream: () => socket })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    socket.destroy()
    throw error
  }
  const query = async (text: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> => {
    const result: unknown = await client.query(text, [...parameters])
    return rowsOf(result)
  }
  return {
    query,
    identity: async () => String((await query(IDENTITY))[0]?.['identity']),
    async [Symbol.asyncDispose]() {
      const ended = client.end().catch(() => {})
      await Promise.race([ended, new Promise(resolve => setTimeout(resolve, 100).unref())])
      socket.destroy()
    },
  }
}

/** Connections that the harness keeps for itself; a broken one is replaced at the next query. */
export class HarnessSql implements AsyncDisposable {
  readonly #pool: Pool
  readonly #sockets = new Set<Socket>()

  constructor(address: () => Address, timeoutMs = 10_000) {
    this.#pool = new Pool({
      ...settings(address(), timeoutMs),
      database: 'postgres',
      max: 4,
      idleTimeoutMillis: 0,
      stream: () => {
        const socket = new Socket()
        this.#sockets.add(socket.once('close', () => this.#sockets.delete(socket)))
        return socket
      },
    })
    this.#pool.on('error', () => {})
  }

  async query(text: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> {
    return rowsOf(await this.#pool.query(text, [...parameters]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#pool.end().catch(() => {})
    await Promise.race([ended, new Promise(resolve => setTimeout(resolve, 100).unref())])
    for (const socket of this.#sockets) socket.destroy()
  }
}

function settings({ host, port }: Address, timeoutMs: number): ClientConfig {
  return {
    host,
    port,
    user: 'postgres',
    application_name: 'genesis-drill',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    keepAlive: true,
  }
}

/** Several statements in one text give several results; the last one counts, as in psql. */
function rowsOf(result: unknown): readonly Row[] {
  const last: unknown = Array.isArray(result) ? result.at(-1) : result
  return (last as { rows?: Row[] }).rows ?? []
}
