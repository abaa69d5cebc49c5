import type { RunContext } from '../../model/kind.ts'

/** Throws when the service does not run: what is down already cannot be taken down. */
export async function requireRunning(run: RunContext, service: string): Promise<void> {
  if (await run.ability(service, 'lifecycle').running()) return
  throw new Error(`${service} was expected to run, but it is down already: there is nothing to break`)
}

/** Starts the service unless something, such as a step of the runbook, has started it already. */
export async function bringBack(run: RunContext, service: string): Promise<void> {
  const lifecycle = run.ability(service, 'lifecycle')
  if (!(await lifecycle.running())) await lifecycle.start()
}

/** Thaws a frozen service. One that was killed meanwhile has nothing left to thaw and is started afresh. */
export async function thaw(run: RunContext, service: string): Promise<void> {
  if (await run.ability(service, 'lifecycle').running()) await run.ability(service, 'freeze').resume()
  await bringBack(run, service)
}
