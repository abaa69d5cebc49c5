import type { Row, Sql, SqlConnection } from '../../src/model/abilities.ts'
import type { FakeHost } from './host.ts'

/** An error as a database reports it. */
export class SqlError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

type Table = Map<string, Record<string, unknown>>

/** A database in memory that understands the statements that kinds send, and refuses all others. */
export class FakeSql implements Sql {
  readonly tables = new Map<string, Table>()
  readonly open = new Set<{ readonly pid: number; sleeping?: PromiseWithResolvers<readonly Row[]> }>()
  locked: string | undefined
  /** The next write is carried out, but its acknowledgement gets lost. */
  loseNextAcknowledgement = false
  readonly #server: FakeHost
  readonly #capacity: number
  #xid = 700
  #pid = 100

  constructor(server: FakeHost, capacity = 100) {
    this.#server = server
    this.#capacity = capacity
  }

  async connect(): Promise<SqlConnection> {
    await this.#server.answers()
    if (this.open.size >= this.#capacity) throw new SqlError('53300', 'sorry, too many clients already')
    const session: { pid: number; sleeping?: PromiseWithResolvers<readonly Row[]> } = { pid: this.#pid++ }
    this.open.add(session)
    const identity = this.#server.identity()
    return {
      query: async (text, parameters) => {
        await this.#server.answers()
        if (!this.open.has(session) || this.#server.identity() !== identity)
          throw new Error('Connection terminated unexpectedly')
        if (!text.startsWith('select pg_sleep')) return this.#execute(text, parameters ?? [], session.pid)
        session.sleeping = Promise.withResolvers<readonly Row[]>()
        return session.sleeping.promise
      },
      identity: async () => {
        await this.#server.answers()
        return identity
      },
      [Symbol.asyncDispose]: async () => {
        this.#close(session)
      },
    }
  }

  async query(text: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> {
    await this.#server.answers()
    return this.#execute(text, parameters, 0)
  }

  #close(session: { readonly pid: number; sleeping?: PromiseWithResolvers<readonly Row[]> }): void {
    session.sleeping?.reject(new SqlError('57P01', 'terminating connection due to administrator command'))
    this.open.delete(session)
    this.locked = this.open.size === 0 ? undefined : this.locked
  }

  #execute(text: string, parameters: readonly unknown[], pid: number): readonly Row[] {
    if (/^(begin|commit|set )/.test(text) || text === 'select 1') return []
    if (text.startsWith('do $$')) return this.#create(/create table if not exists "([^"]+)"/.exec(text)?.[1] ?? '')
    if (text.includes('pg_current_xact_id')) return [{ xid: String(this.#xid++) }]
    if (text.includes('clock_timestamp()) * 1000')) return [{ wall: String(Date.now()) }]
    if (text.includes('pg_backend_pid')) return [{ pid }]
    if (text.includes('pg_terminate_backend')) return this.#terminate(parameters[0] as readonly number[])
    const [, name = ''] = /"([^"]+)"/.exec(text) ?? []
    if (text.startsWith('lock table')) {
      this.locked = name
      return []
    }
    if (text.startsWith('drop table')) {
      this.#table(name)
      this.tables.delete(name)
      return []
    }
    if (text.startsWith('insert into')) return this.#insert(name, parameters)
    if (text.startsWith('with changed as (update')) return this.#update(name, text, parameters)
    if (text.startsWith('select number from'))
      return [...this.#table(name).values()].filter(row => row['session'] === parameters[0])
    throw new SqlError('42601', `the fake database does not understand: ${text}`)
  }

  #table(name: string): Table {
    const table = this.tables.get(name)
    if (table === undefined) throw new SqlError('42P01', `relation "${name}" does not exist`)
    return table
  }

  #create(name: string): readonly Row[] {
    if (!this.tables.has(name)) this.tables.set(name, new Map())
    return []
  }

  #insert(name: string, [session, number]: readonly unknown[]): readonly Row[] {
    if (this.#server.upstream !== undefined || this.#server.fenced)
      throw new SqlError('25006', 'cannot execute INSERT in a read-only transaction')
    this.#table(name).set(`${session}/${number}`, { session, number: String(number), amount: 1 })
    if (this.loseNextAcknowledgement) {
      this.loseNextAcknowledgement = false
      throw new Error('Connection terminated unexpectedly')
    }
    return []
  }

  #update(name: string, text: string, values: readonly unknown[]): readonly Row[] {
    const columns = [...text.matchAll(/"([^"]+)" = \$/g)].map(match => match[1] ?? '')
    const table = this.#table(name)
    for (const row of table.values()) for (const [index, column] of columns.entries()) row[column] = values[index]
    return [{ rows: table.size }]
  }

  #terminate(pids: readonly number[]): readonly Row[] {
    for (const session of [...this.open]) if (pids.includes(session.pid)) this.#close(session)
    return []
  }
}
