import type { Runtime, RuntimeName } from '../model/runtime.ts'
import { openProcessRuntime } from './process/runtime.ts'
import { stateDirectory } from './state.ts'

export { claimRun, journalFile, releaseRun, runDirectory, stateDirectory } from './state.ts'

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
export async function openRuntime({ name, run, state = stateDirectory(), signal }: RuntimeOptions): Promise<Runtime> {
  if (name === 'process') return openProcessRuntime({ run, state, signal })
  const { openContainerRuntime } = await import('./container/runtime.ts')
  return openContainerRuntime({ run, state, signal })
}
