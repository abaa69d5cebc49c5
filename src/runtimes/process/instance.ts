import { mkdir, open, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Address } from '../../model/abilities.ts'
import { EnvironmentError } from '../../model/errors.ts'
import type { Blueprint, Instance, Output, ProgramFacts } from '../../model/runtime.ts'
import { untilReady } from '../readiness.ts'
import { Turns } from '../turns.ts'
import { portTaken, type Wiring } from '../wiring.ts'
import { type Account, give } from './account.ts'
import { removeSegments } from './shared-memory.ts'
import { runToEnd, type Seat, type Started, startProgram } from './spawn.ts'
import { commandLine, freeze, identify, killTree, send, thaw, tree, untilDead } from './tree.ts'

/** How long a polite stop may take before it becomes a kill. */
const PATIENCE_MS = 10_000

export interface ProcessSetting {
  readonly service: string
  readonly blueprint: Blueprint
  readonly seat: Seat
  readonly folder: string
  readonly account: Account | undefined
  readonly wiring: Wiring
  readonly facts: ProgramFacts
  /** Ends the first start. Later ones must still work when a drill was interrupted: rolling back needs them. */
  readonly signal: AbortSignal
  /** Set when the runtime is going away: ends every start. */
  readonly closing: AbortSignal
}

/** One service as a local process. Calls of its lifecycle run one after the other. */
export class ProcessInstance implements Instance {
  readonly service: string
  readonly facts: ProgramFacts
  readonly #setting: ProcessSetting
  readonly #log: string
  #program: Started | undefined
  readonly #turns = new Turns()
  readonly #pids = new Set<number>()

  constructor(setting: ProcessSetting) {
    this.service = setting.service
    this.facts = setting.facts
    this.#setting = setting
    this.#log = join(setting.folder, 'log')
  }

  /** The first start: writes the files. When it fails, nothing of it runs. */
  async launch(): Promise<void> {
    const { blueprint, folder, account } = this.#setting
    await mkdir(folder, { recursive: true, mode: 0o755 })
    await give(folder, account)
    for (const [file, content] of Object.entries(blueprint.files ?? {})) {
      await mkdir(dirname(file), { recursive: true, mode: 0o755 })
      await writeFile(file, content, { mode: 0o644 })
      await give(file, account)
    }
    await this.#start(this.#setting.signal)
  }

  address(port?: string): Address {
    return this.#setting.wiring.address(this.service, port)
  }

  async running(): Promise<boolean> {
    return this.#program?.running() ?? false
  }

  start(): Promise<void> {
    return this.#start(this.#setting.closing)
  }

  #start(signal: AbortSignal): Promise<void> {
    return this.#turns.take(async () => {
      const { blueprint, seat, folder, account, wiring } = this.#setting
      signal.throwIfAborted()
      if (this.#program?.running()) {
        thaw(this.#program.pid)
      } else {
        await wiring.release(this.service)
        this.#program = await startProgram({
          seat,
          command: blueprint.command,
          account,
          folder,
          environment: blueprint.environment,
          log: this.#log,
        })
        this.#pids.add(this.#program.pid)
      }
      try {
        await untilReady({
          service: this.service,
          ready: () => blueprint.ready(this),
          ended: this.#program.ended,
          within: blueprint.readyWithin,
          tail: () => this.tail(20),
          signal,
        })
      } catch (error) {
        await this.#kill()
        throw this.#explained(error)
      }
    })
  }

  kill(): Promise<void> {
    return this.#turns.take(() => this.#kill())
  }

  stop(): Promise<void> {
    return this.#turns.take(async () => {
      const program = this.#program
      if (!program?.running()) return
      const { pid } = program
      thaw(pid)
      const all = tree(pid)
      send(this.#setting.blueprint.stopSignal ?? 'SIGTERM', all.slice(0, 1))
      const alive = await untilDead(all, PATIENCE_MS)
      if (alive.length === 0) await program.ended
      else await this.#kill(alive.map(process_ => process_.pid))
    })
  }

  async pause(): Promise<void> {
    await this.#turns.take(async () => {
      freeze(this.#runningPid())
    })
  }

  async resume(): Promise<void> {
    await this.#turns.take(async () => {
      if (this.#program?.running()) thaw(this.#program.pid)
    })
  }

  async signal(signal: string, match?: RegExp): Promise<void> {
    const all = tree(this.#runningPid())
    const meant = match ? all.filter(({ pid }) => match.test(commandLine(pid))) : all.slice(0, 1)
    if (meant.length === 0) throw new Error(`${this.service} has no process whose command line matches ${match}`)
    send(signal as NodeJS.Signals, meant)
  }

  exec(argv: readonly string[], options: { input?: string; timeoutMs?: number } = {}): Promise<Output> {
    const { seat, folder, account, blueprint } = this.#setting
    return runToEnd({ seat, command: argv, account, folder, environment: blueprint.environment, ...options })
  }

  async tail(lines: number): Promise<string> {
    const file = await open(this.#log).catch(() => undefined)
    if (!file) return ''
    try {
      const { size } = await file.stat()
      const length = Math.min(size, 256 * 1024)
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length)
      return buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n').slice(-lines).join('\n')
    } finally {
      await file.close()
    }
  }

  async remove(): Promise<void> {
    await this.stop()
    await removeSegments(this.#pids)
    await rm(this.#setting.folder, { recursive: true, force: true })
  }

  /** Kills it and takes back what a killed program leaves with the kernel. */
  async discard(): Promise<void> {
    await this.kill()
    await removeSegments(this.#pids)
  }

  async #kill(others: readonly number[] = []): Promise<void> {
    const program = this.#program
    if (program?.running()) await killTree(program.pid)
    for (const pid of others) if (identify(pid)) await killTree(pid)
    await program?.ended
  }

  #runningPid(): number {
    if (this.#program?.running()) return this.#program.pid
    throw new Error(`${this.service} is not running`)
  }

  #explained(error: unknown): unknown {
    const log = error instanceof EnvironmentError ? (error.lastLog ?? '') : ''
    if (!/address already in use/i.test(log)) return error
    const { wiring } = this.#setting
    const taken = [...wiring.ports(this.service).values()].find(port => log.includes(String(port)))
    return taken === undefined ? error : portTaken(this.service, taken, error)
  }
}
