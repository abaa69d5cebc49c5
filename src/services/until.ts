import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks again and again until `look` gives something. What it throws counts as "not yet" and is told in the end.
 * Throws what was waited for, how long, and what was seen last.
 */
export async function until<T>(
  what: string,
  withinMs: number,
  look: () => Promise<T | undefined | false>,
  options: { everyMs?: number; signal?: AbortSignal | undefined; seen?: () => Promise<string> } = {},
): Promise<T> {
  const started = performance.now()
  let failure: unknown
  for (;;) {
    options.signal?.throwIfAborted()
    try {
      const found = await look()
      if (found !== undefined && found !== false) return found
      failure = undefined
    } catch (error) {
      failure = error
    }
    const waited = performance.now() - started
    if (waited > withinMs) {
      const seen = failure === undefined ? await options.seen?.().catch(() => undefined) : String(failure)
      throw new Error(`${what}: not within ${Math.round(waited)} ms${seen === undefined ? '' : `; last seen: ${seen}`}`)
    }
    await sleep(options.everyMs ?? 5)
  }
}
