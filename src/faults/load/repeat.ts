import { messageOf } from '../../model/errors.ts'

interface Repetition {
  /** Ends it and waits for the operation under way. Safe twice. */
  stop(): Promise<void>
  /** Operations so far, and the text of the last failure. */
  readonly done: number
  readonly lastFailure: string | undefined
}

/**
 * Load that goes on until it is stopped or the run is aborted: one operation after the other, each `everyMs` wall milliseconds after the
 * last one ended. An operation that fails does not end it: the service may be down for a while.
 */
export function repeat(everyMs: number, signal: AbortSignal, operation: () => Promise<unknown>): Repetition {
  const stopping = new AbortController()
  const stopped = AbortSignal.any([stopping.signal, signal])
  let done = 0
  let lastFailure: string | undefined

  async function loop(): Promise<void> {
    while (!stopped.aborted) {
      try {
        await operation()
        done += 1
      } catch (thrown) {
        lastFailure = messageOf(thrown)
      }
      await rest(everyMs, stopped)
    }
  }

  const ended = loop()
  return {
    async stop() {
      stopping.abort()
      await ended
    },
    get done() {
      return done
    },
    get lastFailure() {
      return lastFailure
    },
  }
}

async function rest(milliseconds: number, stopped: AbortSignal): Promise<void> {
  if (stopped.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  const wake = () => resolve()
  stopped.addEventListener('abort', wake)
  await promise
  clearTimeout(timer)
  stopped.removeEventListener('abort', wake)
}
