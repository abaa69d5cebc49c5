import type { Socket } from 'node:net'

/** What a link does to the traffic of one direction, all its connections together. */
export interface Road {
  delayMs: number
  bytesPerSecond: number
  /** Bytes that may pass at once, as reckoned at the instant `at`. */
  budget: { bytes: number; at: number }
}

interface Item {
  /** Null stands for the end of the stream. */
  bytes: Buffer | null
  due: number
}

/** As much as a fast sender may have under way on a delayed road before it is held back. */
const DELAYED_LIMIT = 16 * 1024 * 1024
/** A slow road holds its senders back at once, else seconds of traffic would wait in here unseen. */
const THROTTLED_LIMIT = 64 * 1024

/** One direction of one connection. With nothing injected, bytes go straight through; order and back-pressure are kept always. */
export class Lane {
  readonly #source: Socket
  readonly #sink: Socket
  readonly #road: Road
  #queue: Item[] = []
  #waiting = 0
  #blocked = false
  #silent = false
  #timer: NodeJS.Timeout | undefined

  constructor(source: Socket, sink: Socket, road: Road) {
    this.#source = source
    this.#sink = sink
    this.#road = road
    source.on('data', bytes => this.#accept(bytes))
    source.on('end', () => this.#push(null))
    sink.on('drain', () => {
      this.#blocked = false
      this.#pump()
    })
  }

  /** From now on everything is swallowed, what is under way too. */
  silence(): void {
    this.#silent = true
    this.#queue = []
    this.#waiting = 0
    clearTimeout(this.#timer)
    this.#source.resume()
  }

  /** What waits goes through at once. */
  hurry(): void {
    for (const item of this.#queue) item.due = 0
    this.#pump()
  }

  #accept(bytes: Buffer): void {
    if (this.#silent) return
    const { delayMs, bytesPerSecond } = this.#road
    if (this.#queue.length > 0 || delayMs > 0 || bytesPerSecond !== Number.POSITIVE_INFINITY) this.#push(bytes)
    else if (!this.#sink.write(bytes)) this.#hold()
  }

  #push(bytes: Buffer | null): void {
    if (this.#silent) return
    // Never earlier than what came before, also when the delay has just been shortened.
    const due = Math.max(performance.now() + this.#road.delayMs, this.#queue.at(-1)?.due ?? 0)
    this.#queue.push({ bytes, due })
    this.#waiting += bytes?.length ?? 0
    if (this.#waiting > this.#limit()) this.#source.pause()
    this.#pump()
  }

  #pump(): void {
    clearTimeout(this.#timer)
    while (!this.#blocked) {
      const [item] = this.#queue
      if (item === undefined) break
      const wait = item.due - performance.now()
      if (wait > 0) {
        this.#later(wait)
        return
      }
      if (item.bytes === null) {
        this.#queue.shift()
        this.#sink.end()
        continue
      }
      const { allowed, waitMs } = allow(this.#road, item.bytes.length)
      if (allowed === 0) {
        this.#later(waitMs)
        return
      }
      const part = item.bytes.subarray(0, allowed)
      if (allowed === item.bytes.length) this.#queue.shift()
      else item.bytes = item.bytes.subarray(allowed)
      this.#waiting -= allowed
      if (!this.#sink.write(part)) this.#hold()
    }
    if (!this.#blocked && this.#waiting <= this.#limit() / 2) this.#source.resume()
  }

  #hold(): void {
    this.#blocked = true
    this.#source.pause()
  }

  #later(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#pump(), milliseconds)
    if (this.#waiting <= this.#limit() / 2) this.#source.resume()
  }

  #limit(): number {
    return this.#road.bytesPerSecond === Number.POSITIVE_INFINITY ? DELAYED_LIMIT : THROTTLED_LIMIT
  }
}

/** How many of `wanted` bytes may pass now; when none, how long until a worthwhile part may. */
export function allow(road: Road, wanted: number, now = performance.now()): { allowed: number; waitMs: number } {
  const { bytesPerSecond, budget } = road
  if (bytesPerSecond === Number.POSITIVE_INFINITY) return { allowed: wanted, waitMs: 0 }
  // At most a twentieth of a second's worth may be saved up: a road that was idle is no faster for it.
  const most = Math.max(1, bytesPerSecond / 20)
  budget.bytes = Math.min(most, budget.bytes + ((now - budget.at) / 1000) * bytesPerSecond)
  budget.at = now
  const worthwhile = Math.min(wanted, Math.floor(most))
  if (budget.bytes < worthwhile) {
    return { allowed: 0, waitMs: Math.max(1, ((worthwhile - budget.bytes) / bytesPerSecond) * 1000) }
  }
  const allowed = Math.min(wanted, Math.floor(budget.bytes))
  budget.bytes -= allowed
  return { allowed, waitMs: 0 }
}
