import type { SqlConnection } from '../../model/abilities.ts'
import { connectSql } from './sql.ts'

interface Beating {
  readonly following: string | undefined
  readonly instance: { address(): { host: string; port: number }; running(): Promise<boolean> }
  readonly beats: { wrote(position: number, at: number): void }
}

const EVERY_MS = 200
let beat = 0

/** A row that the harness renews on each primary, past all links: what a standby shows of it tells how old its data are. */
export class Heartbeat implements AsyncDisposable {
  static readonly table = `create schema if not exists genesis_drill;
    create table if not exists genesis_drill.heartbeat (id int primary key, beat bigint not null);
    insert into genesis_drill.heartbeat values (1, 0) on conflict do nothing`
  /** The newest beat that is visible. */
  static readonly visible = 'select beat::float8 from genesis_drill.heartbeat where id = 1'

  readonly #server: Beating
  #connection: SqlConnection | undefined
  #timer: NodeJS.Timeout | undefined
  #beating: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(server: Beating) {
    this.#server = server
  }

  start(): void {
    if (this.#stopped) return
    this.#beating = this.#once().finally(() => {
      this.#timer = setTimeout(() => this.start(), EVERY_MS)
      this.#timer.unref()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#connection?.[Symbol.asyncDispose]()
    await this.#beating
    clearTimeout(this.#timer)
  }

  async #once(): Promise<void> {
    if (this.#server.following !== undefined) return
    try {
      this.#connection ??= await connectSql(this.#server.instance.address(), { timeoutMs: 2_000 })
      const number = ++beat
      await this.#connection.query('update genesis_drill.heartbeat set beat = $1 where id = 1', [number])
      this.#server.beats.wrote(number, performance.now())
    } catch {
      // The server is down, fenced off or frozen: no beat is acknowledged, and that is all there is to say.
      const broken = this.#connection
      this.#connection = undefined
      await broken?.[Symbol.asyncDispose]()
    }
  }
}
