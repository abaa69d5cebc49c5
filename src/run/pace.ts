import type { MetricsTarget } from '../model/abilities.ts'

/** The engines cannot work at this time scale. `slowestMs`: what one scrape really takes, wall milliseconds, when that is known. */
export class PaceError extends Error {
  override readonly name = 'PaceError'
  readonly slowestMs: number | undefined
  constructor(message: string, slowestMs?: number) {
    super(message)
    this.slowestMs = slowestMs
  }
}

/** Did a scrape end because its time was over? */
export function ranOutOfTime(lastError: string): boolean {
  return lastError.includes('deadline exceeded') || lastError.includes('i/o timeout')
}

/** Wall milliseconds; what is slower than this is no matter of pace. */
const SCRAPE_MS = 10_000

/** Wall milliseconds that each target that answers takes to do so, asked by the harness itself; the best of three, since the first must connect. */
export async function scrapeTimes(targets: readonly MetricsTarget[]): Promise<readonly number[]> {
  const best = targets.map(async ({ target, path }) => {
    let quickest = Number.POSITIVE_INFINITY
    for (let round = 0; round < 3; round++) {
      const started = performance.now()
      const signal = AbortSignal.timeout(SCRAPE_MS)
      const answer = await fetch(`http://${target.host}:${target.port}${path}`, { signal })
      await answer.arrayBuffer()
      quickest = Math.min(quickest, performance.now() - started)
    }
    return quickest
  })
  const answers = await Promise.allSettled(best)
  return answers.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : []))
}
