import { resolve } from 'node:path'
import type { Runtime, RuntimeName } from '../model/runtime.ts'
import { openProcessRuntime } from './process/runtime.ts'
import { stateDirectory } from './state.ts'

export { clean } from './leftovers.ts'
export { chooseRuntime, inspectMachine, type Machine } from './machine.ts'
export { claimRun, journalFile, releaseRun, stateDirectory } from './state.ts'
export type { Swept } from './sweep.ts'

export interface RuntimeOptions {
  readonly name: RuntimeName
  /** The run's id: labels, names and folders carry it. */
  readonly run: string
  /** The state directory; default `stateDirectory()`. */
  readonly state?: string
  /** Ends launches that are under way. What runs stays until the runtime is disposed. */
  readonly signal?: AbortSignal
}

/** Throws EnvironmentError when the runtime cannot work on this machine. */
export async function openRuntime({ name, run, state, signal }: RuntimeOptions): Promise<Runtime> {
  const options = { run, state: resolve(state ?? stateDirectory()), signal }
  if (name === 'process') return openProcessRuntime(options)
  const { openContainerRuntime } = await import('./container/runtime.ts')
  return openContainerRuntime(options)
}
