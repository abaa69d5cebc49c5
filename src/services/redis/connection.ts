import type { Address, RedisConnection } from '../../model/abilities.ts'

/** Opens one connection. Opening it and each command are limited by `timeoutMs`; throws when nobody answers in time. */
export async function connectRedis(
  { host, port }: Address,
  name: () => string,
  timeoutMs = 5_000,
): Promise<RedisConnection & { readonly alive: boolean }> {
  // Hundreds of modules that only a run needs.
  const { createClient } = await import('redis')
  const client = createClient({
    RESP: 2,
    socket: { host, port, connectTimeout: timeoutMs, reconnectStrategy: false },
    disableOfflineQueue: true,
  })
  let failure: unknown
  client.on('error', error => {
    failure = error
  })
  const within = async <T>(what: string, work: Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`timeout: ${what} had no answer within ${timeoutMs} ms`)), timeoutMs)
    })
    try {
      return await Promise.race([work, late])
    } finally {
      clearTimeout(timer)
      work.catch(() => {})
    }
  }
  const close = () => {
    if (client.isOpen) client.destroy()
  }
  try {
    await within('the connection', client.connect())
  } catch (error) {
    close()
    throw failure ?? error
  }
  const command = (...words: readonly string[]): Promise<unknown> =>
    within(words[0] ?? 'the command', client.sendCommand([...words]))
  return {
    get alive() {
      return failure === undefined && client.isReady
    },
    command,
    identity: async () => `${name()}/${infoFields(await command('INFO', 'server')).get('run_id') ?? 'unknown'}`,
    async [Symbol.asyncDispose]() {
      close()
    },
  }
}

/**
 * The connection that the harness keeps for itself. One that is known to be broken is replaced before a command, others after it; nobody
 * fails because somebody else tried to connect while the server was still away.
 */
export class HarnessRedis implements AsyncDisposable {
  readonly #open: () => ReturnType<typeof connectRedis>
  #connection: ReturnType<typeof connectRedis> | undefined

  constructor(address: () => Address) {
    this.#open = () => connectRedis(address(), () => '', 5_000)
  }

  async command(...words: readonly string[]): Promise<unknown> {
    const shared = this.#connection
    const isAlive = await shared?.then(
      connection => connection.alive,
      () => false,
    )
    if (isAlive === false && this.#connection === shared) await this[Symbol.asyncDispose]()
    this.#connection ??= this.#open()
    const used = this.#connection
    try {
      return await (await used).command(...words)
    } catch (error) {
      // Redis's own refusals (OOM, READONLY ...) leave the connection whole.
      const refused = error instanceof Error && error.constructor.name.endsWith('ErrorReply')
      if (!refused && this.#connection === used) await this[Symbol.asyncDispose]()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    await connection?.then(open => open[Symbol.asyncDispose]()).catch(() => {})
  }
}

/** `key:value` lines of INFO. */
export function infoFields(reply: unknown): ReadonlyMap<string, string> {
  return new Map(
    String(reply)
      .split('\r\n')
      .filter(line => line.includes(':') && !line.startsWith('#'))
      .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
}
