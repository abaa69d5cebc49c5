import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Runtime, RuntimeName } from '../../../src/model/runtime.ts'
import { openRuntime } from '../../../src/runtimes/index.ts'

/** A runtime with a state directory of its own; both are gone afterwards. */
export async function withRuntime(
  name: RuntimeName,
  work: (runtime: Runtime, state: string) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const state = await mkdtemp(join(tmpdir(), 'drill-state-'))
  try {
    await using runtime = await openRuntime({ name, run: newRun(), state, ...(signal && { signal }) })
    await work(runtime, state)
  } finally {
    await rm(state, { recursive: true, force: true })
  }
}

export function newRun(): string {
  return `test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`
}
