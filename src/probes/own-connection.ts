import { before } from './deadline.ts'

interface Connection extends AsyncDisposable {
  identity(): Promise<string>
}

interface Open<C> {
  readonly connection: C
  /** Which server is at its other end; asked once, since a connection never changes servers. */
  readonly server: string
}

/** The one connection of a probe: opened when it is needed, thrown away after an error. */
export interface OwnConnection<C> {
  /** Throws when nobody answers until `deadline` (of `performance.now()`). */
  get(deadline: number): Promise<Open<C>>
  /** The next `get` opens another one. Does not wait for a goodbye: the server may hang. */
  drop(): void
}

export function ownConnection<C extends Connection>(connect: () => Promise<C>): OwnConnection<C> {
  let open: Open<C> | undefined

  async function establish(deadline: number): Promise<Open<C>> {
    const connecting = connect()
    try {
      const connection = await before(deadline - performance.now(), connecting, 'connecting')
      const server = await before(deadline - performance.now(), connection.identity(), 'asking who answers')
      return { connection, server }
    } catch (thrown) {
      // It may still come; then nobody wants it any more.
      connecting.then(close, () => {})
      throw thrown
    }
  }

  return {
    get: async deadline => (open ??= await establish(deadline)),
    drop() {
      if (open !== undefined) close(open.connection)
      open = undefined
    },
  }
}

function close(connection: AsyncDisposable): void {
  connection[Symbol.asyncDispose]().then(undefined, () => {})
}
