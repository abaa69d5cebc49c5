import type { ServiceHost } from '../../model/kind.ts'
import type { Blueprint, Instance, Runtime, SeenPath, Volume } from '../../model/runtime.ts'
import { ReplayClock } from '../replay-clock.ts'
import { until } from '../until.ts'
import { connectRedis, HarnessRedis, infoFields } from './connection.ts'

export interface RedisSettings {
  readonly replicaOf?: string | undefined
  readonly persistence: 'none' | 'rdb' | 'aof'
  readonly settings: Readonly<Record<string, string>>
}

const VOLUME: Volume = { name: 'redis' }
const SAMPLE_MS = 100
const members = new WeakMap<Runtime, Map<string, RedisMember>>()

/** The role (`state.conf`) lives beside the data and is read last, so it survives whatever restarts the server. */
const SCRIPT = `mkdir -p "$1"
[ -e "$1/state.conf" ] || printf '%s\\n' "$3" >"$1/state.conf"
exec redis-server "$2"`

/** One Redis of a run, and what its abilities share. */
export class RedisMember implements AsyncDisposable {
  readonly service: string
  readonly host: ServiceHost
  /** Offsets that it had as a primary. */
  readonly offsets = new ReplayClock()
  following: string | undefined
  readonly #spec: RedisSettings
  readonly #root: SeenPath
  #instance: Instance | undefined
  #redis: HarnessRedis | undefined
  #timer: NodeJS.Timeout | undefined
  #sampling: Promise<void> = Promise.resolve()
  #disposed = false

  constructor(spec: RedisSettings, host: ServiceHost) {
    this.#spec = spec
    this.host = host
    this.service = host.place.service
    this.following = spec.replicaOf
    this.#root = `${host.place.volume(VOLUME)}/${this.service}`
  }

  static of(runtime: Runtime, service: string): RedisMember {
    const found = members.get(runtime)?.get(service)
    if (found === undefined) throw new Error(`${service} is no Redis of this run`)
    return found
  }

  get instance(): Instance {
    if (this.#instance === undefined) throw new Error(`${this.service} has not been started`)
    return this.#instance
  }

  async boot(): Promise<void> {
    const { runtime } = this.host
    const of = members.get(runtime) ?? new Map<string, RedisMember>()
    members.set(runtime, of.set(this.service, this))
    this.#instance = await runtime.launch(this.service, this.#blueprint())
    this.#redis = new HarnessRedis(() => this.instance.address())
    if (this.following !== undefined) await this.untilLinked(this.host.signal)
    this.#sample()
  }

  /** Of the harness itself, past all links. */
  command(...words: readonly string[]): Promise<unknown> {
    if (this.#redis === undefined) throw new Error(`${this.service} has not been started`)
    return this.#redis.command(...words)
  }

  async info(section: string): Promise<ReadonlyMap<string, string>> {
    return infoFields(await this.command('INFO', section))
  }

  /** How it comes up from now on. */
  async keepRole(lines: readonly string[]): Promise<void> {
    const output = await this.host.runtime.tool('redis', [
      'sh',
      '-c',
      `printf '%s\\n' "$2" >"$1/state.conf.new" && mv "$1/state.conf.new" "$1/state.conf"`,
      'sh',
      this.#root,
      lines.join('\n'),
    ])
    if (output.code !== 0) throw new Error(`${this.service}: its role could not be written: ${output.stderr.trim()}`)
  }

  /** `replicaof` and `min-replicas-to-write` lines of the role that it has now. */
  role(primary: string | undefined): string[] {
    if (primary === undefined) return ['min-replicas-to-write 0']
    const { host, port } = this.host.place.peer(primary)
    return [`replicaof ${host} ${port}`, 'min-replicas-to-write 0']
  }

  async untilLinked(signal?: AbortSignal): Promise<void> {
    await until(
      `${this.service} linked to ${this.following}`,
      60_000,
      async () => (await this.info('replication')).get('master_link_status') === 'up',
      { everyMs: 10, signal, seen: () => this.instance.tail(4) },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    clearTimeout(this.#timer)
    await this.#redis?.[Symbol.asyncDispose]()
    await this.#sampling
    clearTimeout(this.#timer)
    await this.#instance?.remove()
    members.get(this.host.runtime)?.delete(this.service)
  }

  #sample(): void {
    if (this.#disposed) return
    this.#sampling = this.#note().finally(() => {
      this.#timer = setTimeout(() => this.#sample(), SAMPLE_MS)
      this.#timer.unref()
    })
  }

  async #note(): Promise<void> {
    if (this.following !== undefined) return
    const asked = performance.now()
    const info = await this.info('replication').catch(() => undefined)
    if (info?.get('role') === 'master') this.offsets.wrote(Number(info.get('master_repl_offset')), asked)
  }

  #blueprint(): Blueprint {
    const { place } = this.host
    const config = place.file('redis.conf')
    return {
      program: 'redis',
      command: ['sh', '-c', SCRIPT, 'sh', this.#root, config, this.role(this.following).join('\n')],
      files: { [config]: this.#config() },
      volumes: [VOLUME],
      unprivileged: true,
      readyWithin: 60_000,
      ready: async instance => {
        await using connection = await connectRedis(instance.address(), () => this.service, 2_000)
        return (await connection.command('PING')) === 'PONG'
      },
    }
  }

  #config(): string {
    const { place } = this.host
    const { persistence, settings } = this.#spec
    const lines = [
      `bind ${place.bind}`,
      `port ${place.port()}`,
      'protected-mode no',
      'daemonize no',
      `dir "${this.#root}"`,
      // The default waits 5 s for more replicas.
      'repl-diskless-sync-delay 0',
      'enable-debug-command yes',
      persistence === 'rdb' ? 'save 1 1' : 'save ""',
      `appendonly ${persistence === 'aof' ? 'yes' : 'no'}`,
      ...Object.entries(settings).map(([name, value]) => `${name} ${value}`),
      `include "${this.#root}/state.conf"`,
    ]
    return `${lines.join('\n')}\n`
  }
}
