import type { Abilities, AbilityName, Link } from '../../src/model/abilities.ts'
import { FakeBackups } from './backups.ts'
import type { FakeHost } from './host.ts'
import { FakeRedis } from './redis.ts'
import { FakeSql } from './sql.ts'

/** A service in memory that has every ability, and shows its whole state for comparison. */
export class FakeServer implements FakeHost {
  readonly name: string
  readonly sql = new FakeSql(this)
  readonly redis = new FakeRedis(this)
  readonly backups = new FakeBackups()
  running = true
  frozen = false
  upstream: string | undefined
  applyPaused = false
  fenced = false
  playing = false
  target: string
  readonly full = new Set<'data' | 'archive'>()
  /** Calls of the lifecycle and of replication, in order. */
  readonly calls: string[] = []
  #starts = 1
  #thawed = Promise.withResolvers<void>()

  constructor(name: string, options: { upstream?: string } = {}) {
    this.name = name
    this.target = name
    this.upstream = options.upstream
  }

  async answers(): Promise<void> {
    if (!this.running) throw new Error(`connect ECONNREFUSED ${this.name}`)
    if (this.frozen) await this.#thawed.promise
  }

  identity(): string {
    return `${this.name}/start ${this.#starts}/${this.upstream === undefined ? 'primary' : 'standby'}`
  }

  /** Everything that a fault may change and a rollback must put back. */
  state(): unknown {
    return {
      running: this.running,
      frozen: this.frozen,
      upstream: this.upstream,
      applyPaused: this.applyPaused,
      playing: this.playing,
      full: [...this.full],
      scheduled: this.backups.scheduled,
      broken: this.backups.broken,
      damaged: [...this.backups.damaged],
      missingWal: [...this.backups.missingWal],
      connections: this.sql.open.size + this.redis.connections,
      locked: this.sql.locked,
      config: { ...this.redis.config },
      keys: [...this.redis.keys.keys()],
    }
  }

  readonly abilities: Abilities = {
    lifecycle: {
      running: async () => this.running,
      kill: async () => this.#end('kill'),
      stop: async () => this.#end('stop'),
      start: async () => {
        this.calls.push('start')
        if (this.running) return
        this.running = true
        this.#starts += 1
      },
    },
    freeze: {
      pause: async () => {
        this.frozen = true
      },
      resume: async () => {
        if (!this.running) throw new Error(`${this.name} is not running`)
        this.#thaw()
      },
    },
    logs: { tail: async () => 'the last line' },
    sql: this.sql,
    redis: this.redis,
    backups: this.backups,
    replication: {
      upstream: async () => {
        await this.answers()
        return this.upstream
      },
      lagSeconds: async () => 0,
      queueSize: async () => 0,
      pauseApply: async () => {
        this.applyPaused = true
      },
      resumeApply: async () => {
        this.applyPaused = false
      },
      promote: async () => {
        this.calls.push('promote')
        if (this.upstream === undefined) throw new Error(`${this.name} could not be promoted: it is a primary already`)
        this.upstream = undefined
        this.applyPaused = false
        return { milliseconds: 20 }
      },
      fence: async () => {
        this.#end('fence')
        this.fenced = true
      },
      rebuild: async primary => {
        this.calls.push('rebuild')
        this.upstream = primary
        this.fenced = false
        this.running = true
        return { method: 'rewind', milliseconds: 80 }
      },
    },
    storage: {
      fill: async volume => {
        this.full.add(volume)
        if (volume === 'data') this.#end('kill')
      },
      release: async volume => void this.full.delete(volume),
      volumes: () => ['data', 'archive'],
    },
    metrics: [
      {
        job: 'fake',
        target: { host: '127.0.0.1', port: 9 },
        instance: 'fake:9',
        path: '/metrics',
        world: 'wall',
      },
    ],
    endpoint: {
      address: async () => ({ host: '127.0.0.1', port: 9 }),
      target: () => this.target,
      repoint: async service => {
        this.target = service
      },
    },
    playback: {
      play: async () => {
        this.playing = true
      },
      reset: async () => {
        this.playing = false
      },
    },
    inbox: {
      httpUrl: 'http://127.0.0.1:9',
      smtp: { host: '127.0.0.1', port: 9 },
      arrivals: () => [],
      onArrival: () => () => {},
      clear: () => {},
    },
    configuration: { replace: async () => {} },
  }

  has(_: AbilityName): boolean {
    return true
  }

  #end(how: string): void {
    this.calls.push(how)
    this.running = false
    this.sql.open.clear()
    this.sql.locked = undefined
    this.redis.connections = 0
    this.#thaw()
  }

  #thaw(): void {
    this.frozen = false
    this.#thawed.resolve()
    this.#thawed = Promise.withResolvers<void>()
  }
}

export class FakeLink implements Link {
  readonly from: string
  readonly to: string
  state = 'healthy'

  constructor(from: string, to: string) {
    this.from = from
    this.to = to
  }

  async cut(how: 'drop' | 'refuse'): Promise<void> {
    this.state = `cut: ${how}`
  }

  async delay(milliseconds: number): Promise<void> {
    this.state = `delayed by ${milliseconds}`
  }

  async throttle(bytesPerSecond: number): Promise<void> {
    this.state = `throttled to ${bytesPerSecond}`
  }

  async heal(): Promise<void> {
    this.state = 'healthy'
  }
}
