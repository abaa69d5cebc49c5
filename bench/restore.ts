import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { Abilities, AbilityName, BackupSet } from '../src/model/abilities.ts'
import { drillClock } from '../src/model/clock.ts'
import type { Service } from '../src/model/kind.ts'
import type { Instance } from '../src/model/runtime.ts'
import { openRuntime } from '../src/runtimes/index.ts'
import { services } from '../src/services/index.ts'
import type { Bench, BenchOptions } from './bench.ts'
import { markdown, type Row, shownSpread, spread } from './table.ts'

const MB = 1e6
/** Megabytes that come after the backup. */
const REPLAYED = 20
/** What a row of the filler takes on disk. */
const ROW_BYTES = 137

/** Its files and the WAL that it needs. */
const VERIFY = `pg_verifybackup -q -n "$1"
wal=$(sed -nE 's/.*"Timeline": ([0-9]+), "Start-LSN": "([^"]+)", "End-LSN": "([^"]+)".*/-t \\1 -s \\2 -e \\3/p' "$1/backup_manifest")
pg_waldump -q -p "$2" $wal`

/** Starts a copy as a second server, recovers it, and ends when it takes writes. */
const START = `auto=$1/postgresql.auto.conf
sed -i -E '/^(primary_|restore_command|recovery_)/d' "$auto"
printf "restore_command = 'cp \\"%s/%%f\\" \\"%%p\\"'\\n" "$3" >>"$auto"
[ -z "$4" ] || printf "recovery_target_time = '%s'\\nrecovery_target_action = 'promote'\\n" "$4" >>"$auto"
touch "$1/recovery.signal"
pg_ctl -s -D "$1" -l "$1.log" -t 600 -w start -o "-p $2 -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c shared_buffers=32MB -c dynamic_shared_memory_type=mmap -c archive_mode=off" || { tail -n 5 "$1.log" >&2; exit 1; }
until [ "$(psql -h 127.0.0.1 -p "$2" -U postgres -Atc 'select pg_is_in_recovery()')" = f ]; do sleep 0.02; done`

export const restore: Bench = {
  summary:
    'Backup, verification, restore and point-in-time recovery of a filled database through the `backups` ability, beside the same programs by hand on the same data. Aim: at most 1.1 times.',
  live: true,
  async run(options) {
    const rows: Row[] = []
    for (const megabytes of options.quick ? [20] : [200, 2_000]) {
      await using database = await FilledDatabase.open(megabytes, options)
      const times = new Times()
      for (let round = 0; round < (megabytes > 1_000 ? 1 : 2); round++) await measure(database, times, round)
      const measured = times.rows(`${megabytes} MB`)
      // Gigabytes take long: what is known by then is shown.
      console.error(markdown(measured))
      rows.push(...measured)
    }
    return rows
  },
}

async function measure(database: FilledDatabase, times: Times, round: number): Promise<void> {
  const { backups, folder, archive } = database
  const copy = `${folder}/by-hand`
  const time = (step: string, side: Side, work: () => Promise<unknown>) =>
    database.settled().then(() => times.add(step, side, work))

  let set: BackupSet | undefined
  const both = async (step: string, byHand: () => Promise<unknown>, ours: () => Promise<unknown>) => {
    const turns = [() => time(step, 'by hand', byHand), () => time(step, 'ability', ours)]
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn()
  }
  await both(
    'backup',
    () => database.shell('pg_basebackup -h 127.0.0.1 -p "$1" -U postgres -D "$2" -X none -c fast', database.port, copy),
    async () => {
      set = await backups.take()
    },
  )
  const { id } = set ?? (await backups.take())
  // The ability waits for its WAL; the one by hand does not.
  await database.archived()
  await both(
    'verify',
    () => database.shell(VERIFY, copy, archive),
    () => backups.verify(id),
  )
  await time('dump and restore', 'by hand', () =>
    database.shell(
      `pg_dump -h 127.0.0.1 -p "$1" -U postgres -Fc -Z1 -f "$2.dump" postgres
      createdb -h 127.0.0.1 -p "$1" -U postgres -T template0 dumped
      pg_restore -h 127.0.0.1 -p "$1" -U postgres -d dumped "$2.dump"`,
      database.port,
      copy,
    ),
  )
  await database.shell('dropdb -h 127.0.0.1 -p "$1" -U postgres dumped; rm -rf "$2" "$2.dump"', database.port, copy)

  // Each segment of WAL costs both sides the start of a program: enough to replay, not enough to drown the copy.
  await database.grow(Math.min(0.1, REPLAYED / database.megabytes))
  const target = Date.now()
  await database.grow(0.1 * Math.min(0.1, REPLAYED / database.megabytes))
  await database.archived()

  for (const [step, to] of [
    ['restore to the end', 'end'],
    ['restore to an instant', { time: target }],
  ] as const) {
    await database.kill()
    const instant = to === 'end' ? '' : new Date(target).toISOString().replace('T', ' ').replace('Z', '+00')
    for (const check of ['', 'pg_verifybackup -q -n "$1"']) {
      const name = check === '' ? `${step}, copy unchecked` : step
      await time(name, 'by hand', () =>
        database.secondServer(
          `cp -a "$5" "$1"\n${check}\n${START}`,
          copy,
          archive,
          instant,
          `${folder}/backups/db/${id}`,
        ),
      )
      await database.endSecondServer(copy)
    }
    await time(step, 'ability', () => backups.restore({ set: id, to }))
    await database.shell(
      'cd "$1" && for old in [0-9]*; do [ "$old" = "$(readlink current)" ] || rm -rf "$old"; done',
      `${folder}/db`,
    )
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

type Side = 'by hand' | 'ability'

/** Seconds by step and side. */
class Times {
  readonly #seconds = new Map<string, Record<Side, number[]>>()

  async add(step: string, side: Side, work: () => Promise<unknown>): Promise<void> {
    const began = performance.now()
    await work()
    const sides = this.#seconds.get(step) ?? { 'by hand': [], ability: [] }
    this.#seconds.set(step, sides)
    sides[side].push((performance.now() - began) / 1000)
  }

  rows(database: string): Row[] {
    return [...this.#seconds].map(([step, { 'by hand': byHand, ability }]) => ({
      database,
      step,
      'by hand, s': shownSpread(byHand, 2),
      'ability, s': ability.length === 0 ? '' : shownSpread(ability, 2),
      ratio: ability.length === 0 ? '' : (spread(ability).median / spread(byHand).median).toFixed(2),
    }))
  }
}

/** One Postgres with so much in it, and a shell beside it. */
class FilledDatabase implements AsyncDisposable {
  readonly port: string
  readonly folder: string
  readonly #service: Service
  readonly #stack: AsyncDisposableStack
  readonly #signal: AbortSignal
  readonly megabytes: number
  readonly #secondPort: string

  constructor(
    service: Service,
    stack: AsyncDisposableStack,
    signal: AbortSignal,
    megabytes: number,
    where: { port: number; secondPort: number; folder: string },
  ) {
    this.#service = service
    this.#stack = stack
    this.#signal = signal
    this.megabytes = megabytes
    this.port = String(where.port)
    this.#secondPort = String(where.secondPort)
    this.folder = where.folder
  }

  static async open(megabytes: number, { runtime: name, signal }: BenchOptions): Promise<FilledDatabase> {
    await using stack = new AsyncDisposableStack()
    const runtime = stack.use(await openRuntime({ name, run: `bench-${randomUUID().slice(0, 8)}`, signal }))
    const place = runtime.place('db')
    const { postgres } = services
    const service = stack.use(
      await postgres.start(postgres.spec.parse({ backups: { every: '10h', first: false, retain: 9, limit: '1h' } }), {
        runtime,
        place,
        clock: drillClock(1, performance.now(), Date.now() - performance.now(), () => performance.now()),
        peer: peer => {
          throw new Error(`there is no ${peer}`)
        },
        note: () => {},
        signal,
      }),
    )
    const where = {
      port: place.port(),
      secondPort: await freePort(),
      folder: place.volume({ name: 'pg' }),
    }
    const database = new FilledDatabase(service, stack.move(), signal, megabytes, where)
    try {
      await database.sql('create table filler (id bigint, words text)')
      await database.grow(1)
      await database.sql('checkpoint')
      return database
    } catch (error) {
      await database[Symbol.asyncDispose]()
      throw error
    }
  }

  get backups(): Abilities['backups'] {
    return this.#ability('backups')
  }

  get archive(): string {
    return `${this.folder}/archive/db`
  }

  async kill(): Promise<void> {
    await this.#ability('lifecycle').kill()
  }

  /** Adds this share of the wanted size. */
  async grow(share: number): Promise<void> {
    const rows = Math.round((share * this.megabytes * MB) / ROW_BYTES)
    for (let done = 0; done < rows; done += 500_000)
      await this.sql(
        `insert into filler select i, md5(i::text) || md5(random()::text) || md5(random()::text)
           from generate_series(1, ${Math.min(500_000, rows - done)}) i`,
      )
  }

  /** Waits until all WAL so far is in the archive. */
  async archived(): Promise<void> {
    const [row] = await this.sql('select pg_walfile_name(pg_switch_wal()) as name')
    for (;;) {
      const [last] = await this.sql('select last_archived_wal as name from pg_stat_archiver')
      if (String(last?.['name']) >= String(row?.['name'])) return
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }

  async sql(text: string) {
    this.#signal.throwIfAborted()
    await using connection = await this.#ability('sql').connect({ timeoutMs: 600_000 })
    return await connection.query(text)
  }

  /** Nothing of an earlier step is still being written while the next is measured. */
  settled(): Promise<void> {
    return this.shell('sync')
  }

  /** Beside the server, as its user. */
  async shell(script: string, ...parameters: readonly string[]): Promise<void> {
    this.#signal.throwIfAborted()
    await this.#run(script, parameters)
  }

  /** `$1` its data directory, `$2` its port, `$3` the archive, `$4` the instant, `$5` the set. */
  secondServer(script: string, copy: string, archive: string, instant: string, set: string): Promise<void> {
    this.#stack.defer(() => this.endSecondServer(copy))
    return this.shell(`rm -rf "$1"\n${script}`, copy, this.#secondPort, archive, instant, set)
  }

  endSecondServer(copy: string): Promise<void> {
    return this.#run('[ ! -e "$1/postmaster.pid" ] || pg_ctl -s -D "$1" -m immediate -w stop; rm -rf "$1" "$1.log"', [
      copy,
    ])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }

  async #run(script: string, parameters: readonly string[]): Promise<void> {
    const { code, stderr } = await this.#instance().exec(['sh', '-ec', script, 'sh', ...parameters], {
      timeoutMs: 3_600_000,
    })
    if (code !== 0) throw new Error(`by hand: exit code ${code}: ${stderr}`)
  }

  /** The ability is the instance itself, which can run programs too. */
  #instance(): Instance {
    return this.#ability('lifecycle') as Instance
  }

  #ability<Name extends AbilityName>(name: Name): Abilities[Name] {
    const found = this.#service.abilities[name]
    if (found === undefined) throw new Error(`the database lacks ${name}`)
    return found as Abilities[Name]
  }
}
