import { setTimeout as sleep } from 'node:timers/promises'
import { readableDuration } from '../model/duration.ts'

/** Raised when something took longer than it may. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError'
}

/**
 * The result of `work`, or a TimeLimitError after `milliseconds`, or the signal's reason when it is aborted. The work itself is not
 * stopped (nothing can); whatever it does later is ignored.
 */
export async function withLimit<Result>(
  work: Promise<Result> | (() => Promise<Result>),
  milliseconds: number,
  what: string,
  signal?: AbortSignal,
): Promise<Result> {
  signal?.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new TimeLimitError(`${what} did not end within ${readableDuration(milliseconds / 1000)}`)),
    milliseconds,
  )
  const aborted = () => reject(signal?.reason)
  signal?.addEventListener('abort', aborted, { once: true })
  try {
    return await Promise.race([typeof work === 'function' ? work() : work, promise])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', aborted)
  }
}

/** Sleeps, or ends early (without throwing) when the signal is aborted. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (milliseconds <= 0) return
  await sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => {})
}
