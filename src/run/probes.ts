import { messageOf } from '../model/errors.ts'
import type { ProbeSession } from '../model/kind.ts'
import { SUSTAINED } from '../model/measures/availability.ts'
import { pause, TimeLimitError, withLimit } from './limit.ts'
import type { Timeline } from './timeline.ts'

export interface RunningProbe extends AsyncDisposable {
  readonly name: string
  /** How the last operation ended. */
  last(): Attempt | undefined
  /** How many of its newest operations in a row succeeded, at most as many as count as service, of those that began at this instant of the clock or later. */
  successesSince(at: number): number
  /** No further operation is started; returns when the last one has ended. Safe twice. */
  stop(): Promise<void>
  /** Stops, then puts the ledger of a marker probe against what is there now. The ledger is written once. */
  reconcile(): Promise<void>
}

interface ProbeOptions {
  readonly name: string
  readonly everyMs: number
  readonly session: ProbeSession
  readonly timeline: Timeline
  readonly signal: AbortSignal
  /** Wall milliseconds after which an operation that does not come back counts as unknown. */
  readonly limitMs?: number
}

/** The number of an acknowledged write and the instant at which it was acknowledged. */
type Write = readonly [number: number, at: number]

export type Attempt = { outcome: 'ok' | 'failed' | 'unknown'; server?: string; message?: string }

/** Equal outcomes are told at least this often, so that a live view and the checks see them. */
const FOLD_MS = 500
const PATIENCE_MS = 2_000
const AGAIN_MS = 200

/**
 * A client's operations on their wall cadence. One that takes longer than the cadence does not pile up: the next one starts at the next
 * beat after it has ended. Instants are those at which an operation *ended*: a client knows no earlier that it is served.
 */
export function runProbe({ name, everyMs, session, timeline, signal, limitMs = 30_000 }: ProbeOptions): RunningProbe {
  const { clock } = timeline
  const acknowledged = new Map<number, number>()
  const unknown = new Set<number>()
  const stopping = new AbortController()
  const stopped = AbortSignal.any([stopping.signal, signal])
  let folded: (Attempt & { count: number; at: number; until: number; tookMs: number }) | undefined
  let latest: Attempt | undefined
  let successes: number[] = []
  let reconciled: Promise<void> | undefined

  function flush(): void {
    if (folded === undefined) return
    const { at, ...body } = folded
    folded = undefined
    timeline.append({ event: 'probe', probe: name, ...body }, at)
  }

  function account(number: number, ended: Attempt, began: number): void {
    const { outcome, server, message } = ended
    latest = ended
    successes = outcome === 'ok' ? [...successes.slice(1 - SUSTAINED), began] : []
    const at = clock.now()
    if (outcome === 'ok') acknowledged.set(number, at)
    if (outcome === 'unknown') unknown.add(number)
    const tookMs = at - began
    const same =
      folded?.outcome === outcome &&
      folded.server === server &&
      folded.message === message &&
      // A slow answer can be an outage that nothing else shows, and only the first one's duration is kept.
      tookMs <= Math.max(2 * everyMs, folded.tookMs) &&
      folded.tookMs <= 2 * Math.max(everyMs, tookMs)
    if (folded !== undefined && same && at - folded.at < FOLD_MS) {
      folded = { ...folded, count: folded.count + 1, until: at }
      return
    }
    flush()
    folded = {
      outcome,
      ...(server === undefined ? {} : { server }),
      ...(message === undefined ? {} : { message }),
      count: 1,
      at,
      until: at,
      tookMs,
    }
  }

  async function loop(): Promise<void> {
    const start = clock.now()
    for (let number = 1; !stopped.aborted; number++) {
      const began = clock.now()
      account(number, await attempt(session, number, limitMs), began)
      const elapsed = clock.now() - start
      await pause(everyMs - (elapsed % everyMs), stopped)
    }
    flush()
  }

  const done = loop()

  async function stop(): Promise<void> {
    stopping.abort()
    await done
  }

  async function settle(): Promise<void> {
    await stop()
    if (session.survivors === undefined) return
    const common = { event: 'ledger', probe: name, acknowledged: acknowledged.size, unknown: unknown.size } as const
    try {
      const there = await survivors(`reading the markers of probe ${name}`)
      const lost = [...acknowledged].filter(([number]) => !there.has(number))
      timeline.append({
        ...common,
        lost: lost.length,
        unknownKept: [...unknown].filter(number => there.has(number)).length,
        ...spanOf(lost, acknowledged),
      })
    } catch (thrown) {
      timeline.append({ ...common, lost: 0, unknownKept: 0, failure: messageOf(thrown) })
    }
  }

  /** A service that has just come back may still break one connection or another: what can be read a moment later is not unknown. */
  async function survivors(what: string): Promise<ReadonlySet<number>> {
    for (const giveUp = clock.now() + PATIENCE_MS; ; ) {
      try {
        return (await withLimit(async () => session.survivors?.(), limitMs, what)) ?? new Set()
      } catch (thrown) {
        if (signal.aborted || clock.now() > giveUp) throw thrown
        await pause(AGAIN_MS, signal)
      }
    }
  }

  return {
    name,
    last: () => latest,
    successesSince: instant => successes.filter(began => began >= instant).length,
    stop,
    reconcile: () => (reconciled ??= settle()),
    async [Symbol.asyncDispose]() {
      await stop()
      await session[Symbol.asyncDispose]()
    },
  }
}

async function attempt(session: ProbeSession, number: number, limitMs: number): Promise<Attempt> {
  try {
    return await withLimit(session.attempt(number), limitMs, 'the operation')
  } catch (thrown) {
    // Whether it was done is not known: it may still be under way, or have been done before it threw.
    const outcome = thrown instanceof TimeLimitError ? 'unknown' : 'failed'
    return { outcome, message: messageOf(thrown) }
  }
}

/** Both lists are in the order of the writes, one after the other. */
function spanOf(lost: readonly Write[], acknowledged: ReadonlyMap<number, number>) {
  const [first] = lost
  const last = lost.at(-1)
  if (first === undefined || last === undefined) return {}
  const before = [...acknowledged].findLast(([number]) => number < first[0])
  return { newestLost: last[1], ...(before === undefined ? {} : { survivedUntil: before[1] }) }
}
