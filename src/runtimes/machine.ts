import { execa } from 'execa'
import { messageOf } from '../model/errors.ts'
import type { Program, RuntimeName } from '../model/runtime.ts'
import { findCommands, packages, programs, versionIn } from './binaries.ts'
import { reachEngine } from './container/engine.ts'
import { images } from './images.ts'

export interface ProgramOnMachine {
  readonly program: Program
  /** The local binary of the process runtime; absent when it is not installed. */
  readonly binary?: string
  readonly version?: string
  /** The command that installs what is missing. */
  readonly install?: string
  /** The image that the container runtime would use without asking a registry. */
  readonly image?: string
  readonly imageId?: string
}

export interface Machine {
  readonly programs: readonly ProgramOnMachine[]
  readonly engine: { readonly version: string; readonly host: string } | { readonly unreachable: string }
  /** What the process runtime needs besides the programs. */
  readonly missingTools: readonly { readonly tool: string; readonly install: string }[]
  /** Which runtimes can be used now. */
  readonly usable: readonly RuntimeName[]
}

/** What is installed, which versions, what is missing and how to get it. Never throws, asks no registry. */
export async function inspectMachine(): Promise<Machine> {
  const engine = await lookAtEngine()
  const found = await Promise.all(
    programs.map(async program => ({ program, ...(await lookAtBinary(program)), ...(await engine.image(program)) })),
  )
  const missingTools = await lookForTools()
  const usable: RuntimeName[] = []
  if (found.every(({ image }) => image !== undefined)) usable.push('container')
  if (missingTools.length === 0 && found.every(({ binary }) => binary !== undefined)) usable.push('process')
  return { programs: found, engine: engine.facts, missingTools, usable }
}

/** As asked, else container when an engine answers and has an image of every program, else process. */
export async function chooseRuntime(asked?: RuntimeName): Promise<{ name: RuntimeName; reason: string }> {
  if (asked) return { name: asked, reason: 'asked for' }
  const engine = await lookAtEngine()
  if ('unreachable' in engine.facts) return { name: 'process', reason: engine.facts.unreachable }
  const present = await Promise.all(programs.map(async program => ({ program, ...(await engine.image(program)) })))
  const lacking = present.filter(({ image }) => image === undefined).map(({ program }) => images[program].official)
  if (lacking.length > 0) return { name: 'process', reason: `the Docker engine has no image ${lacking.join(', ')}` }
  return { name: 'container', reason: `Docker ${engine.facts.version} answers and has all images` }
}

interface EngineSeen {
  readonly facts: Machine['engine']
  image(program: Program): Promise<Pick<ProgramOnMachine, 'image' | 'imageId'>>
}

async function lookAtEngine(): Promise<EngineSeen> {
  try {
    const engine = await reachEngine()
    const { presentImage } = await import('./container/image.ts')
    const { serverVersion, host } = engine.info.containerRuntime
    return {
      facts: { version: String(serverVersion), host },
      image: async program => {
        const image = await presentImage(engine, program)
        return image ? { image: image.name, imageId: image.id } : {}
      },
    }
  } catch (error) {
    return { facts: { unreachable: messageOf(error) }, image: async () => ({}) }
  }
}

async function lookAtBinary(program: Program): Promise<Pick<ProgramOnMachine, 'binary' | 'version' | 'install'>> {
  const { main, apt } = packages[program]
  const binary = findCommands(program).get(main)
  if (binary === undefined) return { install: `apt-get install -y --no-install-recommends ${apt}` }
  const { stdout, stderr } = await execa(binary, ['--version'], { reject: false, timeout: 10_000 })
  return { binary, version: versionIn(`${stdout}${stderr}`) }
}

async function lookForTools(): Promise<Machine['missingTools']> {
  const missing: { tool: string; install: string }[] = []
  if (process.platform !== 'linux') missing.push({ tool: 'Linux', install: 'use the container runtime' })
  const { failed } = await execa('setpriv', ['--version'], { reject: false })
  if (failed) missing.push({ tool: 'setpriv', install: 'apt-get install -y util-linux' })
  return missing
}
