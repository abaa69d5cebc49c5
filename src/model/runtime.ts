import type { Address, Freeze, Lifecycle, Link, Logs } from './abilities.ts'

/** The programs that a runtime can launch: an image for containers, a binary for processes. Names and versions are in runtimes/images.ts and runtimes/binaries.ts. */
export type Program = 'prometheus' | 'alertmanager' | 'postgres' | 'redis' | 'postgres-exporter' | 'redis-exporter'

/** A path inside the run's volumes or scratch files, as the program sees it. */
export type SeenPath = string

/** Everything a runtime needs to launch one service. Written once, for both runtimes. */
export interface Blueprint {
  readonly program: Program
  /**
   * argv. In containers it replaces entrypoint and command; programs are found by name on PATH in both runtimes
   * (`postgres`, `initdb`, `pg_basebackup`, `prometheus`, `alertmanager`, `redis-server`, `sh` ...).
   */
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Files written before the start (absolute path from `place.file(name)` to content). */
  readonly files?: Readonly<Record<SeenPath, string>>
  /** Volumes that the program sees. */
  readonly volumes?: readonly Volume[]
  /** Run as the unprivileged database user. */
  readonly unprivileged?: boolean
  /** Signal of a polite stop; default SIGTERM. */
  readonly stopSignal?: 'SIGTERM' | 'SIGINT' | 'SIGQUIT'
  /** Asked again and again until it holds; throws or gives false while not ready. */
  readonly ready: (instance: Instance) => Promise<boolean>
  /** Wall milliseconds until a start that is not ready counts as failed. */
  readonly readyWithin: number
}

/** A directory that survives restarts and can be shared by services of the run. */
export interface Volume {
  readonly name: string
  /** A file system of its own of this size, to be filled without harm. */
  readonly limitBytes?: number
}

/** What a service knows about its surroundings before it is launched. Addresses never change in a run, whatever restarts. */
export interface Place {
  readonly service: string
  /** The address that the program binds to (127.0.0.1 or 0.0.0.0). */
  readonly bind: string
  /** The port that the program must listen on. `name` tells several ports of one service apart. */
  port(name?: string): number
  /** Where a file of this service will be, as the program sees it. */
  file(name: string): SeenPath
  /** Where a volume is, as every program that mounts it and every `tool` sees it. */
  volume(volume: Volume): SeenPath
  /** A peer's address as this service sees it: through the link `this service -> peer`. */
  peer(service: string, port?: string): Address
}

export interface Instance extends Lifecycle, Freeze, Logs {
  readonly service: string
  /** The harness's own way to it, past all links. */
  address(port?: string): Address
  /** Runs a program beside it (in its container, or as its user). Never throws for an exit code. */
  exec(argv: readonly string[], options?: { input?: string; timeoutMs?: number }): Promise<Output>
  /** Sends a signal to the main process, or to all whose command line matches. */
  signal(signal: string, match?: RegExp): Promise<void>
  /** Stops it for good and removes it (its volumes stay until the end of the run). */
  remove(): Promise<void>
  readonly facts: ProgramFacts
}

export interface Output {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** For the record: exactly what ran. */
export interface ProgramFacts {
  readonly program: Program
  readonly version: string
  /** Container runtime: the image's name and id. */
  readonly image?: string
  readonly imageId?: string
  /** Process runtime: the binary. */
  readonly binary?: string
}

/** Where the services of one run live. Disposing removes everything that it started. */
export interface Runtime extends AsyncDisposable {
  readonly name: RuntimeName
  place(service: string): Place
  /** Starts it and waits until it is ready. Throws EnvironmentError with the last log lines; then nothing of it runs. */
  launch(service: string, blueprint: Blueprint): Promise<Instance>
  /** Runs a program of `program`'s image or package to its end, with the run's volumes, as the unprivileged user. */
  tool(
    program: Program,
    argv: readonly string[],
    options?: { input?: string; timeoutMs?: number; environment?: Readonly<Record<string, string>> },
  ): Promise<Output>
  /** The address on which servers of the harness itself (inbox, series ...) listen so that services reach them. */
  hostBind(): Promise<string>
  /** Registers a server of the harness as a service: peers and clients reach it through links like any other. */
  hosted(service: string, port: string, address: Address): void
  /** The link between two services (`from` may be `clients`); made at the first call. */
  link(from: string, to: string, port?: string): Promise<Link & { readonly address: Address }>
  /** All links made so far. */
  links(): readonly Link[]
}

export type RuntimeName = 'container' | 'process'
