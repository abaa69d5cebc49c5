import type { Address } from '../../model/abilities.ts'
import { EnvironmentError, messageOf } from '../../model/errors.ts'
import type { Blueprint, Instance, Output, ProgramFacts } from '../../model/runtime.ts'
import { untilReady } from '../readiness.ts'
import { Turns } from '../turns.ts'
import { portTaken, type Wiring } from '../wiring.ts'
import { endOf, startBox, untilEnded } from './box.ts'
import type { Container } from './engine.ts'
import { execIn, processesIn, signalIn } from './exec.ts'
import type { Image } from './image.ts'
import { lastLines } from './log.ts'
import type { Account, Site } from './site.ts'
import type { Mount } from './volumes.ts'

/** How long a polite stop may take before it becomes a kill. */
const PATIENCE_SECONDS = 10
/** How many host ports are tried before we give up. */
const PORT_ATTEMPTS = 5

export interface ContainerSetting {
  readonly service: string
  readonly blueprint: Blueprint
  readonly site: Site
  readonly image: Image
  readonly account: Account
  readonly mounts: readonly Mount[]
  readonly wiring: Wiring
  readonly version: () => Promise<string>
  /** Runs something as the service's user where no process of the service is needed. */
  readonly beside: Instance['exec']
  /** Ends the first start only: rolling back must still be able to start what a drill has stopped. */
  readonly signal: AbortSignal
  readonly closing: AbortSignal
}

/** One service as a container. A kill and a start keep the container, so its data and its published ports stay the same. */
export class ContainerInstance implements Instance {
  readonly service: string
  facts: ProgramFacts
  readonly #setting: ContainerSetting
  readonly #turns = new Turns()
  #container: Container | undefined

  constructor(setting: ContainerSetting) {
    const { service, image } = setting
    this.service = service
    this.facts = { program: image.program, version: 'unknown', image: image.name, imageId: image.id }
    this.#setting = setting
  }

  launch(): Promise<void> {
    return this.#turns.take(async () => {
      this.#setting.signal.throwIfAborted()
      await this.#setting.wiring.release(this.service)
      this.#container = await this.#create()
      await this.#untilReady(this.#setting.signal)
      this.facts = { ...this.facts, version: await this.#setting.version() }
    })
  }

  address(port?: string): Address {
    return this.#setting.wiring.address(this.service, port)
  }

  async running(): Promise<boolean> {
    return (await this.#state()) !== 'ended'
  }

  start(): Promise<void> {
    return this.#turns.take(async () => {
      const container = this.#existing()
      const state = await this.#state()
      if (state === 'paused') await container.unpause()
      if (state === 'ended') {
        await container.start().catch(error => {
          throw this.#explained(error)
        })
      }
      await this.#untilReady(this.#setting.closing)
    })
  }

  kill(): Promise<void> {
    return this.#turns.take(async () => {
      if ((await this.#state()) === 'ended') return
      const container = this.#existing()
      await container.kill({ signal: 'SIGKILL' }).catch(unlessEnded)
      if ((await this.#state()) === 'paused') await container.unpause().catch(unlessEnded)
      await container.wait()
    })
  }

  stop(): Promise<void> {
    return this.#turns.take(async () => {
      const state = await this.#state()
      if (state === 'ended') return
      const container = this.#existing()
      if (state === 'paused') await container.unpause().catch(unlessEnded)
      await container.stop({ t: PATIENCE_SECONDS }).catch(unlessEnded)
    })
  }

  pause(): Promise<void> {
    return this.#turns.take(async () => {
      if ((await this.#state()) === 'running') await this.#existing().pause()
    })
  }

  resume(): Promise<void> {
    return this.#turns.take(async () => {
      if ((await this.#state()) === 'paused') await this.#existing().unpause()
    })
  }

  async signal(signal: string, match?: RegExp): Promise<void> {
    const container = this.#existing()
    if (!match) {
      await container.kill({ signal })
      return
    }
    const meant = (await processesIn(container)).filter(({ command }) => match.test(command))
    if (meant.length === 0) throw new Error(`${this.service} has no process whose command line matches ${match}`)
    await signalIn(
      container,
      signal,
      meant.map(({ pid }) => pid),
    )
  }

  async exec(argv: readonly string[], options: { input?: string; timeoutMs?: number } = {}): Promise<Output> {
    const { blueprint, account, beside } = this.#setting
    if ((await this.#state()) !== 'running') return beside(argv, options)
    try {
      return await execIn(this.#existing(), argv, {
        user: account.name,
        environment: blueprint.environment,
        ...options,
      })
    } catch (error) {
      // It ended or was paused since we looked.
      if ((error as { statusCode?: number }).statusCode === 409) return beside(argv, options)
      throw error
    }
  }

  async tail(lines: number): Promise<string> {
    return this.#container ? lastLines(this.#container, lines) : ''
  }

  async remove(): Promise<void> {
    await this.stop()
    await this.discard()
  }

  /** Removes the container, whatever it is doing. */
  async discard(): Promise<void> {
    const container = this.#container
    this.#container = undefined
    await container?.remove({ force: true, v: true }).catch(error => {
      if ((error as { statusCode?: number }).statusCode !== 404) throw error
    })
  }

  async #create(): Promise<Container> {
    const { service, blueprint, site, image, account, mounts, wiring } = this.#setting
    // The port inside is known to the program by now; the one outside may still be changed.
    const inside = wiring.ports(service)
    for (const [name, port] of inside) wiring.place(service, name, { host: site.publish.host, port })
    const { uid, gid } = account
    for (let attempt = 1; ; attempt++) {
      try {
        return await startBox(site.engine, {
          image,
          command: blueprint.command,
          environment: blueprint.environment,
          user: account.name,
          network: site.network.id,
          labels: site.labels,
          volumes: mounts,
          ports: [...inside].map(([name, port]) => ({
            inside: port,
            host: site.publish.bind,
            outside: wiring.address(service, name).port,
          })),
          stopSignal: blueprint.stopSignal,
          entries: Object.entries(blueprint.files ?? {}).map(([path, content]) => ({
            path,
            content,
            uid,
            gid,
            mode: 0o644,
          })),
          reaper: site.reaper,
        })
      } catch (error) {
        if (attempt === PORT_ATTEMPTS || !isPortConflict(error)) throw this.#explained(error)
        for (const name of inside.keys()) wiring.place(service, name, { host: site.publish.host, port: wiring.spare() })
      }
    }
  }

  async #untilReady(signal: AbortSignal): Promise<void> {
    const { blueprint, service } = this.#setting
    const over = new AbortController()
    try {
      await untilReady({
        service,
        ready: () => blueprint.ready(this),
        ended: untilEnded(this.#existing(), over.signal),
        within: blueprint.readyWithin,
        tail: () => this.tail(20),
        signal,
      })
    } catch (error) {
      await this.#existing().kill().catch(unlessEnded)
      throw error
    } finally {
      over.abort()
    }
  }

  async #state(): Promise<'running' | 'paused' | 'ended'> {
    if (!this.#container) return 'ended'
    if ((await endOf(this.#container)) !== undefined) return 'ended'
    return (await this.#container.inspect()).State.Paused ? 'paused' : 'running'
  }

  #existing(): Container {
    if (this.#container) return this.#container
    throw new Error(`${this.service} has been removed`)
  }

  #explained(error: unknown): unknown {
    const { service, wiring, blueprint, image } = this.#setting
    const message = messageOf(error)
    if (isPortConflict(error)) {
      const outside = [...wiring.ports(service).keys()].map(name => wiring.address(service, name).port)
      const taken = outside.find(port => message.includes(String(port)))
      if (taken !== undefined) return portTaken(service, taken, error)
    }
    return new EnvironmentError(
      `${service}: ${blueprint.command[0]} in ${image.name} could not be started: ${message}`,
      {
        cause: error,
        advice: 'the engine says why; docker run with the same image shows it by hand',
      },
    )
  }
}

function isPortConflict(error: unknown): boolean {
  return /port is already allocated|address already in use/i.test(messageOf(error))
}

/** The engine refuses to signal what has just ended by itself; that is what was wanted. */
function unlessEnded(error: unknown): void {
  const { statusCode } = error as { statusCode?: number }
  if (statusCode !== 304 && statusCode !== 404 && statusCode !== 409) throw error
}
