import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { EnvironmentError } from '../../model/errors.ts'
import type { Labels } from '../../model/timeline.ts'
import { type Engine, findEngine } from '../promtool/engine.ts'
import type { Scratch } from '../promtool/scratch.ts'

const READY_MS = 20_000

export interface PostedAlert {
  readonly labels: Labels
}

/** An alert as `/api/v2/alerts` tells it. */
export interface SeenAlert {
  readonly labels: Labels
  readonly fingerprint: string
  readonly receivers: readonly { readonly name: string }[]
  readonly status: {
    readonly state: string
    readonly inhibitedBy: readonly string[]
    readonly silencedBy: readonly string[]
  }
}

/** A group as `/api/v2/alerts/groups` tells it. */
export interface SeenGroup {
  readonly labels: Labels
  readonly receiver: { readonly name: string }
  readonly alerts: readonly SeenAlert[]
}

/** The configuration is not what this Alertmanager takes; the message is its own. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** A real Alertmanager on the loopback, for the tests of one configuration. Disposing ends it. */
export class PrivateAlertmanager implements AsyncDisposable {
  readonly #url: string
  readonly #end: () => Promise<void>

  private constructor(url: string, end: () => Promise<void>) {
    this.#url = url
    this.#end = end
  }

  static async start(config: string, engine: Engine, scratch: Scratch): Promise<PrivateAlertmanager> {
    const directory = join(scratch.directory(), `alertmanager-${starts++}`)
    mkdirSync(directory)
    for (let attempt = 1; ; attempt++) {
      const port = await freePort()
      const log = join(directory, `log-${attempt}`)
      const { child, ended } = launch(engine, directory, scratch.file(config), port, log)
      const end = async () => {
        child.kill('SIGKILL')
        await ended
      }
      const url = `http://127.0.0.1:${port}`
      if (await ready(url, child)) return new PrivateAlertmanager(url, end)
      await end()
      const said = readFileSync(log, 'utf8')
      const refusal = /msg="Loading configuration file failed".*? err="((?:[^"\\]|\\.)*)"/.exec(said)?.[1]
      if (refusal !== undefined)
        throw new Refused(refusal.replaceAll('\\"', '"').replaceAll(scratch.file(config), 'the configuration'))
      // Between asking for a free port and using it somebody else may take it.
      if (/address already in use/.test(said) && attempt < 5) continue
      throw new EnvironmentError(`${engine.binary} was not ready after ${READY_MS / 1000} s`, {
        lastLog: said.split('\n').slice(-10).join('\n'),
        advice: 'start it by hand to see what it needs',
      })
    }
  }

  async post(alerts: readonly PostedAlert[]): Promise<void> {
    const endsAt = new Date(Date.now() + 3_600_000).toISOString()
    await this.#call(
      'POST',
      '/api/v2/alerts',
      alerts.map(alert => ({ ...alert, endsAt })),
    )
  }

  async silence(
    matchers: readonly { name: string; value: string; isRegex: boolean; isEqual: boolean }[],
  ): Promise<void> {
    const [startsAt, endsAt] = [new Date().toISOString(), new Date(Date.now() + 3_600_000).toISOString()]
    await this.#call('POST', '/api/v2/silences', {
      matchers,
      startsAt,
      endsAt,
      createdBy: 'genesis-drill',
      comment: 'a route test',
    })
  }

  alerts(): Promise<SeenAlert[]> {
    return this.#call('GET', '/api/v2/alerts')
  }

  groups(): Promise<SeenGroup[]> {
    return this.#call('GET', '/api/v2/alerts/groups')
  }

  async #call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(this.#url + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      signal: AbortSignal.timeout(60_000),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`Alertmanager answered ${method} ${path} with ${response.status}: ${text.trim()}`)
    return (text === '' ? undefined : JSON.parse(text)) as Answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
  }
}

let starts = 0

function launch({ binary }: Engine, directory: string, config: string, port: number, log: string) {
  const args = [
    `--config.file=${config}`,
    `--storage.path=${directory}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]
  const descriptor = openSync(log, 'w', 0o600)
  // Where the system has it, the engine ends with us also when we are killed.
  const [command, ...rest] = [...parentDeath(), binary, ...args]
  const child = spawn(command ?? binary, rest, { cwd: directory, stdio: ['ignore', descriptor, descriptor] })
  closeSync(descriptor)
  const ended = once(child, 'close').catch(() => undefined)
  return { child, ended }
}

function parentDeath(): string[] {
  try {
    return [findEngine(['setpriv'], 'util-linux').binary, '--pdeathsig', 'KILL']
  } catch {
    return []
  }
}

async function ready(
  url: string,
  child: { readonly exitCode: number | null; readonly signalCode: string | null },
): Promise<boolean> {
  const until = Date.now() + READY_MS
  while (Date.now() < until && child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined)
    if (answer?.ok) return true
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  return false
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
