/**
 * How old the newest data on a replica are. The harness notes each position that the primary acknowledged, so an idle or a dead primary
 * whose writes have all arrived reads as no lag, which the age of the last replayed transaction cannot tell.
 */
export class ReplayClock {
  readonly #written: { readonly position: number; readonly at: number }[] = []
  readonly #kept: number

  constructor(kept = 20_000) {
    this.#kept = kept
  }

  /** The primary has acknowledged `position` at `at` (milliseconds of any steady clock). One that falls begins a new history. */
  wrote(position: number, at: number): void {
    const last = this.#written.at(-1)
    if (last !== undefined && position === last.position) return
    if (last !== undefined && position < last.position) this.#written.length = 0
    this.#written.push({ position, at })
    if (this.#written.length > this.#kept) this.#written.shift()
  }

  /** The newest position that was acknowledged. */
  latest(): number | undefined {
    return this.#written.at(-1)?.position
  }

  /** Milliseconds since the oldest write that a replica at `position` does not show yet; 0 when it shows all. */
  behind(position: number, now: number): number {
    let low = 0
    let high = this.#written.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#written[middle]?.position ?? 0) > position) high = middle
      else low = middle + 1
    }
    const missing = this.#written[low]
    return missing === undefined ? 0 : Math.max(0, now - missing.at)
  }
}
