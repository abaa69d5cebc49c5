import type { Redis, RedisConnection } from '../../src/model/abilities.ts'
import type { FakeHost } from './host.ts'

const EMPTY_BYTES = 1_000_000

/** A Redis in memory: keys, memory limit, eviction, and the figures of INFO that kinds read. */
export class FakeRedis implements Redis {
  readonly keys = new Map<string, string>()
  readonly config = { maxmemory: '0', 'maxmemory-policy': 'noeviction' }
  connections = 0
  #used = EMPTY_BYTES
  #evicted = 0
  #hits = 0
  #misses = 0
  readonly #server: FakeHost
  readonly #capacity: number

  constructor(server: FakeHost, capacity = 100) {
    this.#server = server
    this.#capacity = capacity
  }

  async connect(): Promise<RedisConnection> {
    await this.#server.answers()
    if (this.connections >= this.#capacity) throw new Error('ERR max number of clients reached')
    this.connections += 1
    const identity = this.#server.identity()
    return {
      command: async (...words) => {
        await this.#server.answers()
        if (this.#server.identity() !== identity) throw new Error('Socket closed unexpectedly')
        return this.#execute(words)
      },
      identity: async () => identity,
      [Symbol.asyncDispose]: async () => {
        this.connections -= 1
      },
    }
  }

  async command(...words: readonly string[]): Promise<unknown> {
    await this.#server.answers()
    return this.#execute(words)
  }

  #delete(key: string): boolean {
    this.#used -= sizeOf(key, this.keys.get(key))
    return this.keys.delete(key)
  }

  #execute([name = '', ...words]: readonly string[]): unknown {
    const [first = '', second = '', third = ''] = words
    switch (name) {
      case 'PING':
        return 'PONG'
      case 'DBSIZE':
        return this.keys.size
      case 'SET':
        return this.#set(first, second)
      case 'GET':
        return this.#get(first)
      case 'DEL':
      case 'UNLINK':
        return words.filter(key => this.#delete(key)).length
      case 'SCAN':
        return ['0', [...this.keys.keys()].filter(key => key.startsWith(third.replace('*', '')))]
      case 'WAIT':
        return 0
      case 'INFO':
        return `used_memory:${this.#used}\r\nmem_not_counted_for_evict:0\r\nevicted_keys:${this.#evicted}\r\nkeyspace_hits:${this.#hits}\r\nkeyspace_misses:${this.#misses}\r\n`
      case 'CONFIG':
        if (first === 'GET') return [second, this.config[second as keyof FakeRedis['config']]]
        this.config[second as keyof FakeRedis['config']] = third
        return 'OK'
      default:
        throw new Error(`ERR unknown command '${name}'`)
    }
  }

  #set(key: string, value: string): string {
    if (this.#server.upstream !== undefined) throw new Error("READONLY You can't write against a read only replica.")
    const limit = Number(this.config.maxmemory)
    const needed = sizeOf(key, value)
    if (limit > 0 && this.#used + needed > limit) {
      if (this.config['maxmemory-policy'] === 'noeviction')
        throw new Error("OOM command not allowed when used memory > 'maxmemory'.")
      for (const oldest of this.keys.keys()) {
        if (this.#used + needed <= limit) break
        this.#delete(oldest)
        this.#evicted += 1
      }
    }
    this.#used += needed - sizeOf(key, this.keys.get(key))
    this.keys.set(key, value)
    return 'OK'
  }

  #get(key: string): string | null {
    const value = this.keys.get(key)
    if (value === undefined) this.#misses += 1
    else this.#hits += 1
    return value ?? null
  }
}

function sizeOf(key: string, value: string | undefined): number {
  return value === undefined ? 0 : key.length + value.length
}
