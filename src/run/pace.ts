/** The engines cannot work at this time scale. `slowestMs`: what one scrape really takes, wall milliseconds, when that is known. */
export class PaceError extends Error {
  override readonly name = 'PaceError'
  readonly slowestMs: number | undefined
  constructor(message: string, slowestMs?: number) {
    super(message)
    this.slowestMs = slowestMs
  }
}
