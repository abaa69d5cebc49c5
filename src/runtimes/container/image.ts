import { setTimeout as sleep } from 'node:timers/promises'
import { ImageName } from 'testcontainers'
import { EnvironmentError, messageOf } from '../../model/errors.ts'
import type { Program } from '../../model/runtime.ts'
import { type ImageNames, images } from '../images.ts'
import type { Engine } from './engine.ts'

/** An image that is on the engine. */
export interface Image {
  readonly program: Program
  readonly name: string
  readonly id: string
  /** The image's own user; empty means root. */
  readonly user: string
  readonly path: string
}

/** How long a registry may take to begin to answer. */
const REGISTRY_LIMIT_MS = 5_000
const PULL_LIMIT_MS = 10 * 60_000

/** Why no registry can be reached; asked once, then believed for as long as this harness lives. */
let unreachable: string | undefined
const resolved = new Map<Program, Promise<Image>>()

/** The official image when it is present or can be pulled, else the local one. Throws EnvironmentError when there is neither. */
export function resolveImage(engine: Engine, program: Program): Promise<Image> {
  const known = resolved.get(program)
  if (known) return known
  const found = resolve(engine, program).catch(error => {
    resolved.delete(program)
    throw error
  })
  resolved.set(program, found)
  return found
}

/** What is present, without asking any registry. */
export async function presentImage(engine: Engine, program: Program): Promise<Image | undefined> {
  const { official, local } = images[program]
  return (await inspect(engine, program, official)) ?? (await inspect(engine, program, local))
}

async function resolve(engine: Engine, program: Program): Promise<Image> {
  const names: ImageNames = images[program]
  const present = await inspect(engine, program, names.official)
  if (present) return present
  const failure = await pull(engine, names.official)
  const image = await inspect(engine, program, failure === undefined ? names.official : names.local)
  if (image) return image
  throw new EnvironmentError(
    `no image for ${program}: ${names.official} is not present and cannot be pulled (${failure}), and ${names.local} is not built`,
    { advice: `run: docker pull ${names.official}, or: npm run images, or use --runtime process` },
  )
}

/** Gives why it failed, if so. */
async function pull(engine: Engine, name: string): Promise<string | undefined> {
  if (unreachable !== undefined) return unreachable
  const { dockerode } = engine.container
  const late = new AbortController()
  try {
    const answer = await Promise.race([
      dockerode.pull(name),
      sleep(REGISTRY_LIMIT_MS, undefined, { signal: late.signal }),
    ])
    if (!answer) throw new Error(`the registry did not answer within ${REGISTRY_LIMIT_MS / 1000} s`)
    await Promise.race([
      new Promise<void>((done, failed) => {
        dockerode.modem.followProgress(answer, error => (error ? failed(error) : done()))
      }),
      sleep(PULL_LIMIT_MS, undefined, { signal: late.signal }).then(() => {
        throw new Error(`pulling took longer than ${PULL_LIMIT_MS / 60_000} minutes`)
      }),
    ])
    return undefined
  } catch (error) {
    const message = messageOf(error)
    // A registry that answers "no such tag" is reachable; what concerns one image says nothing of the others.
    if (!/manifest unknown|not found|denied/i.test(message)) unreachable = message
    return message
  } finally {
    late.abort()
  }
}

async function inspect(engine: Engine, program: Program, name: string): Promise<Image | undefined> {
  try {
    const { Id, Config } = await engine.image.inspect(ImageName.fromString(name))
    const path = Config.Env?.find(line => line.startsWith('PATH='))?.slice('PATH='.length)
    return {
      program,
      name,
      id: Id,
      user: Config.User ?? '',
      path: path ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    }
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined
    throw error
  }
}
