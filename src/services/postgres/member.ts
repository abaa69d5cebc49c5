import type { Row } from '../../model/abilities.ts'
import { EnvironmentError, messageOf } from '../../model/errors.ts'
import type { ServiceHost } from '../../model/kind.ts'
import type { Blueprint, Instance, Output, Runtime, SeenPath, Volume } from '../../model/runtime.ts'
import { ReplayClock } from '../replay-clock.ts'
import { until } from '../until.ts'
import type { ArchiveSite, Archiving } from './archiving.ts'
import { HBA, literal, postgresConf } from './config.ts'
import { Heartbeat } from './heartbeat.ts'
import { bootScript } from './script.ts'
import { connectSql, HarnessSql } from './sql.ts'

export interface MemberSpec {
  readonly standbyOf?: string | undefined
  readonly synchronous: boolean
  readonly archiving?: ((site: ArchiveSite) => Archiving) | undefined
  readonly dataLimit?: number | undefined
  readonly archiveLimit?: number | undefined
  readonly settings: Readonly<Record<string, string | number | boolean>>
}

/** Data directories, archives and backups of all databases of a run: rewind and restore work across services. */
const VOLUME: Volume = { name: 'pg' }
const BOOT_MS = 300_000
const members = new WeakMap<Runtime, Map<string, Member>>()

/** One Postgres of a run, and what its abilities share. */
export class Member implements AsyncDisposable {
  readonly service: string
  readonly host: ServiceHost
  readonly spec: MemberSpec
  /** Holds numbered data directories; `current` names the one in use. */
  readonly root: SeenPath
  /** Holds the archive. A primary and its standbys share it, so that archiving goes on after a promotion. */
  readonly repository: SeenPath
  /** The service by whose name the archive goes. */
  readonly archiveOwner: string
  /** Finished WAL segments; undefined without archiving. */
  readonly archive: SeenPath | undefined
  readonly archiving: Archiving | undefined
  readonly backups: SeenPath
  readonly volumes: readonly Volume[]
  readonly beats = new ReplayClock()
  /** The service that it follows; undefined for a primary and for one that was fenced off. */
  following: string | undefined
  readonly #heartbeat: Heartbeat
  #instance: Instance | undefined
  #sql: HarnessSql | undefined

  constructor(spec: MemberSpec, host: ServiceHost) {
    const { place } = host
    this.service = place.service
    this.host = host
    this.following = spec.standbyOf
    const upstream = spec.standbyOf === undefined ? undefined : Member.of(host.runtime, spec.standbyOf)
    const shares = upstream?.archive === undefined ? undefined : upstream
    this.spec = {
      ...spec,
      archiving: shares?.spec.archiving ?? spec.archiving,
      settings: { ...upstream?.spec.settings, ...spec.settings },
    }
    const shared = place.volume(VOLUME)
    const data = limited(`${this.service}-data`, spec.dataLimit)
    const archive = limited(`${this.service}-archive`, spec.archiveLimit)
    this.root = data === undefined ? `${shared}/${this.service}` : `${place.volume(data)}/${this.service}`
    this.backups = `${shared}/backups/${this.service}`
    this.repository = shares?.repository ?? (archive === undefined ? shared : place.volume(archive))
    this.archiveOwner = shares?.archiveOwner ?? this.service
    this.archiving = this.spec.archiving?.({
      owner: this.archiveOwner,
      repository: this.repository,
      data: `${this.root}/current`,
      port: place.port(),
    })
    this.archive = this.archiving && `${this.repository}/archive/${this.archiveOwner}`
    this.volumes = [
      ...new Map(
        [VOLUME, data, archive, ...(upstream?.volumes ?? [])].flatMap(volume =>
          volume === undefined ? [] : [[volume.name, volume] as const],
        ),
      ).values(),
    ]
    this.#heartbeat = new Heartbeat(this)
  }

  static of(runtime: Runtime, service: string): Member {
    const found = members.get(runtime)?.get(service)
    if (found === undefined) throw new Error(`${service} is no Postgres of this run`)
    return found
  }

  /** The way of its upstream, as a connection string for its own processes: through the link between the two. */
  conninfo(primary: string): string {
    const { host, port } = this.host.place.peer(primary)
    return `host=${host} port=${port} user=postgres application_name=${this.service}`
  }

  get slot(): string {
    return this.service.replaceAll('-', '_')
  }

  get instance(): Instance {
    if (this.#instance === undefined) throw new Error(`${this.service} has not been started`)
    return this.#instance
  }

  get port(): number {
    return this.host.place.port()
  }

  async boot(): Promise<void> {
    const { runtime } = this.host
    const of = members.get(runtime) ?? new Map<string, Member>()
    members.set(runtime, of.set(this.service, this))
    const upstream = this.following === undefined ? undefined : Member.of(runtime, this.following)
    await upstream?.openSlot(this.slot)
    this.#instance = await runtime.launch(this.service, this.#blueprint())
    this.#sql = new HarnessSql(() => this.instance.address())
    if (upstream === undefined) {
      await this.query(Heartbeat.table)
    } else {
      await this.untilStreaming(this.host.signal)
      await upstream.acknowledgeStandbys()
    }
    this.#heartbeat.start()
  }

  /** Of the harness itself, past all links. */
  query(text: string, parameters?: readonly unknown[]): Promise<readonly Row[]> {
    if (this.#sql === undefined) throw new Error(`${this.service} has not been started`)
    return this.#sql.query(text, parameters)
  }

  /** For what may take long: on a connection of its own, without the limit of `query`. */
  async longQuery(text: string): Promise<void> {
    await using connection = await connectSql(this.instance.address(), { timeoutMs: BOOT_MS })
    await connection.query(text)
  }

  async value(text: string, parameters?: readonly unknown[]): Promise<unknown> {
    return Object.values((await this.query(text, parameters))[0] ?? {})[0]
  }

  async inRecovery(): Promise<boolean> {
    return (await this.value('select pg_is_in_recovery()')) === true
  }

  async openSlot(slot: string): Promise<void> {
    await this.query(
      `select pg_create_physical_replication_slot($1, true)
         where not exists (select from pg_replication_slots where slot_name = $1)`,
      [slot],
    )
  }

  async untilStreaming(signal?: AbortSignal): Promise<void> {
    await until(
      `${this.service} streaming from ${this.following}`,
      60_000,
      async () => (await this.value('select status from pg_stat_wal_receiver')) === 'streaming',
      { everyMs: 20, signal, seen: () => this.lastWords() },
    ).catch(error => {
      throw new EnvironmentError(messageOf(error), { advice: 'its log says why; see also the log of its primary' })
    })
  }

  /** With `synchronous`, commits wait for the standbys from here on; not earlier, or the first commit would wait for ever. */
  async acknowledgeStandbys(): Promise<void> {
    if (!this.synchronous) return
    const names = [...(members.get(this.host.runtime)?.values() ?? [])]
      .filter(({ following }) => following === this.service)
      .map(({ service }) => `"${service}"`)
    if (names.length === 0) return
    await this.query(`alter system set synchronous_standby_names = ${literal(`ANY 1 (${names.join(', ')})`)}`)
    await this.query('select pg_reload_conf()')
  }

  /** As the primary of its pair was asked to be, whoever is primary now. */
  get synchronous(): boolean {
    const { standbyOf } = this.spec
    return standbyOf === undefined ? this.spec.synchronous : Member.of(this.host.runtime, standbyOf).synchronous
  }

  /** A script on the run's volumes, beside the server when it runs. Throws with what it wrote when it fails. */
  async shell(script: string, parameters: readonly string[] = [], timeoutMs = 600_000): Promise<string> {
    const output = await this.attempt(script, parameters, timeoutMs)
    if (output.code !== 0) {
      const said = `${output.stderr}${output.stdout}`.trim() || 'nothing'
      throw new Error(`${this.service}: exit code ${output.code}, it said: ${said.split('\n').slice(-8).join('\n')}`)
    }
    return output.stdout
  }

  async attempt(script: string, parameters: readonly string[] = [], timeoutMs = 600_000): Promise<Output> {
    const argv = ['sh', '-c', script, 'sh', ...parameters]
    return this.host.runtime.tool('postgres', argv, { timeoutMs, environment: this.archiving?.environment ?? {} })
  }

  /** The newest lines in which Postgres complains. */
  async lastWords(): Promise<string> {
    const log = (await this.instance.tail(100)).split('\n').filter(line => !line.includes('administrator command'))
    const complaints = log.filter(line => /FATAL|PANIC|ERROR|HINT|DETAIL|recovery|cannot|failed/.test(line))
    return (complaints.length > 0 ? complaints : log).slice(-6).join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#heartbeat[Symbol.asyncDispose]()
    await this.#sql?.[Symbol.asyncDispose]()
    await this.#instance?.remove()
    members.get(this.host.runtime)?.delete(this.service)
  }

  #blueprint(): Blueprint {
    const { place } = this.host
    const [config, hba] = [place.file('postgresql.conf'), place.file('pg_hba.conf')]
    const upstream = this.following === undefined ? '' : this.conninfo(this.following)
    const script = bootScript(this.archiving?.prepare ?? '')
    return {
      program: 'postgres',
      command: ['sh', '-c', script, 'sh', this.root, config, upstream, this.slot],
      files: {
        [hba]: HBA,
        [config]: postgresConf({
          service: this.service,
          bind: place.bind,
          port: place.port(),
          hbaFile: hba,
          archiving: this.archiving?.settings,
          dataLimit: this.spec.dataLimit,
          settings: this.spec.settings,
        }),
      },
      environment: this.archiving?.environment ?? {},
      volumes: this.volumes,
      unprivileged: true,
      // Fast: does not wait for clients to leave.
      stopSignal: 'SIGINT',
      readyWithin: BOOT_MS,
      ready: async instance => {
        await using connection = await connectSql(instance.address(), { timeoutMs: 2_000 })
        await connection.query('select 1')
        return true
      },
    }
  }
}

function limited(name: string, limitBytes: number | undefined): Volume | undefined {
  return limitBytes === undefined ? undefined : { name, limitBytes }
}
