import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { EnvironmentError } from '../../model/errors.ts'
import type { Volume } from '../../model/runtime.ts'
import { type Account, give } from './account.ts'

/** The directories that survive restarts. One with a limit is a file system of its own. */
export class Volumes implements AsyncDisposable {
  readonly #folder: string
  readonly #account: Account | undefined
  readonly #named = new Map<string, Volume>()
  readonly #made = new Map<string, Promise<void>>()

  constructor(folder: string, account: Account | undefined) {
    this.#folder = folder
    this.#account = account
  }

  path(volume: Volume): string {
    const known = this.#named.get(volume.name)
    if (!known || (known.limitBytes === undefined && volume.limitBytes !== undefined))
      this.#named.set(volume.name, volume)
    return join(this.#folder, volume.name)
  }

  /** Makes those named so far. */
  async make(): Promise<void> {
    for (const volume of this.#named.values()) {
      if (!this.#made.has(volume.name)) this.#made.set(volume.name, this.#makeOne(volume))
    }
    await Promise.all(this.#made.values())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await unmountBelow(this.#folder)
  }

  async #makeOne({ name, limitBytes }: Volume): Promise<void> {
    const path = join(this.#folder, name)
    await mkdir(this.#folder, { recursive: true, mode: 0o711 })
    await mkdir(path, { mode: 0o700 })
    if (limitBytes !== undefined) await mount(path, limitBytes, this.#account)
    await give(path, this.#account)
  }
}

/** Every file system mounted below a directory, taken off. Gives their paths. */
export async function unmountBelow(directory: string): Promise<readonly string[]> {
  const mounts = mountedBelow(directory).reverse()
  for (const path of mounts) await execa('umount', ['--lazy', path])
  return mounts
}

function mountedBelow(directory: string): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map(line =>
      (line.split(' ')[1] ?? '').replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))),
    )
    .filter(path => path.startsWith(`${directory}/`))
}

async function mount(path: string, bytes: number, account: Account | undefined): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new EnvironmentError(
      `a volume limited to ${bytes} bytes needs a file system of its own, which only root may mount`,
      {
        advice: 'run as root, or with --runtime container',
      },
    )
  }
  const owner = account ? `,uid=${account.uid},gid=${account.gid}` : ''
  const options = `size=${bytes},mode=0700${owner},nosuid,nodev`
  const { failed, stderr } = await execa('mount', ['-t', 'tmpfs', '-o', options, 'genesis-drill', path], {
    reject: false,
  })
  if (failed) {
    throw new EnvironmentError(`a volume limited to ${bytes} bytes could not be mounted: ${stderr.trim()}`, {
      advice: 'inside a container mounting is often forbidden; use --runtime container',
    })
  }
}
