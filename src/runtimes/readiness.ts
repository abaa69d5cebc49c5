import { setTimeout as sleep } from 'node:timers/promises'
import { EnvironmentError, messageOf } from '../model/errors.ts'

export interface Watched {
  readonly service: string
  /** One look; throws or gives false while not ready. */
  readonly ready: () => Promise<boolean>
  /** Settles when the program has ended, with how it ended: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>
  readonly within: number
  readonly tail: () => Promise<string>
  readonly signal: AbortSignal
}

/**
 * Asks until the service is ready. Throws EnvironmentError with its last log lines at once when it ends, or when the time is over;
 * throws the signal's reason when aborted.
 */
export async function untilReady({ service, ready, ended, within, tail, signal }: Watched): Promise<void> {
  const from = performance.now()
  const over = new AbortController()
  const stop = AbortSignal.any([signal, over.signal])
  let lastSeen = 'it gave no answer'
  const asking = async (): Promise<'ready' | 'stopped'> => {
    for (let pause = 5; !stop.aborted; pause = Math.min(pause * 1.5, 100)) {
      try {
        if (await ready()) return 'ready'
        lastSeen = 'it answered that it is not ready'
      } catch (error) {
        lastSeen = messageOf(error)
      }
      await sleep(pause, undefined, { signal: stop }).catch(() => {})
    }
    return 'stopped'
  }
  const timer = sleep(within, 'late' as const, { signal: stop }).catch(() => 'stopped' as const)
  try {
    const outcome = await Promise.race([asking(), timer, ended.then(how => ({ how }))])
    if (outcome === 'ready') return
    signal.throwIfAborted()
    const waited = `${((performance.now() - from) / 1000).toFixed(1)} s`
    const lastLog = await tail()
    if (typeof outcome === 'object') {
      throw new EnvironmentError(`${service} ended while starting, with ${outcome.how}, after ${waited}`, {
        advice: 'its last log lines say why',
        lastLog,
      })
    }
    throw new EnvironmentError(
      `${service} was expected to be ready within ${within / 1000} s; after ${waited}: ${lastSeen}`,
      { advice: 'its last log lines may say why; on a busy machine give it more time', lastLog },
    )
  } finally {
    over.abort()
  }
}
