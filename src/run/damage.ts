import { messageOf } from '../model/errors.ts'
import type { Evidence } from '../model/finding.ts'
import type { Journal } from './journal.ts'
import { withLimit } from './limit.ts'
import type { LoadedFault } from './load/scenario.ts'
import type { Timeline } from './timeline.ts'

export interface PreparedFault {
  readonly fault: LoadedFault
  inject(): Promise<readonly Evidence[]>
  rollback(): Promise<void>
}

export interface FaultRecord {
  readonly name: string
  readonly kind: string
  injectedAt?: number
  rolledBackAt?: number
  evidence: readonly Evidence[]
}

export interface Damage {
  /** Journal to disk, rollback registered, then inject. Throws what the injection threw; the rollback is owed all the same. */
  inject(prepared: PreparedFault): Promise<void>
  /** Undoes what is owed, newest first, each on a budget of its own. Never throws; what stayed damaged is in `remaining`. */
  rollback(): Promise<void>
  readonly remaining: readonly { readonly what: string; readonly undo: string }[]
  readonly faults: readonly FaultRecord[]
}

interface DamageOptions {
  readonly scenario: string
  readonly timeline: Timeline
  readonly journal: Journal
  /** Wall milliseconds that each rollback may take, whatever time the drill has left. */
  readonly rollbackMs: number
  /** Wall milliseconds that each injection may take. */
  readonly injectMs: number
  readonly signal: AbortSignal
}

/** What a run has broken so far, and the duty to undo it. */
export function damageBook({ scenario, timeline, journal, rollbackMs, injectMs, signal }: DamageOptions): Damage {
  const owed: {
    readonly prepared: PreparedFault
    readonly record: FaultRecord
    injecting?: Promise<readonly Evidence[]>
    failure?: string
  }[] = []
  const faults: FaultRecord[] = []
  let rolling: Promise<void> = Promise.resolve()

  async function undo(entry: (typeof owed)[number]): Promise<void> {
    const { fault } = entry.prepared
    const subject = { fault: fault.kind, name: fault.name }
    timeline.append({ event: 'fault.rolling-back', ...subject })
    try {
      await settled(entry.injecting, rollbackMs / 2)
      await withLimit(() => entry.prepared.rollback(), rollbackMs, `the rollback of fault ${fault.name}`)
    } catch (thrown) {
      entry.failure = messageOf(thrown)
      timeline.append({ event: 'rollback.failed', ...subject, message: entry.failure })
      journal.write({ entry: 'rollback.failed', scenario, ...subject, message: entry.failure })
      return
    }
    owed.splice(owed.indexOf(entry), 1)
    entry.record.rolledBackAt = timeline.append({ event: 'fault.rolled-back', ...subject }).at
    journal.write({ entry: 'fault.rolled-back', scenario, ...subject })
  }

  async function rollbackAll(): Promise<void> {
    for (const entry of owed.toReversed()) await undo(entry)
  }

  return {
    faults,
    async inject(prepared) {
      signal.throwIfAborted()
      const { fault } = prepared
      const subject = { fault: fault.kind, name: fault.name }
      const record: FaultRecord = { name: fault.name, kind: fault.kind, evidence: [] }
      faults.push(record)
      journal.write({ entry: 'fault.injecting', scenario, ...subject })
      const entry: (typeof owed)[number] = { prepared, record }
      owed.push(entry)
      timeline.append({ event: 'fault.injecting', ...subject })
      try {
        entry.injecting = prepared.inject()
        record.evidence = await withLimit(entry.injecting, injectMs, `the injection of fault ${fault.name}`, signal)
      } catch (thrown) {
        timeline.append({ event: 'fault.failed', ...subject, message: messageOf(thrown) })
        throw thrown
      }
      record.injectedAt = timeline.append({ event: 'fault.injected', ...subject, evidence: record.evidence }).at
      journal.write({ entry: 'fault.injected', scenario, ...subject })
    },
    // One after the other, also when an action and the end of the run ask at the same time.
    rollback: () => (rolling = rolling.then(rollbackAll)),
    get remaining() {
      return owed.map(({ prepared: { fault }, failure }) => ({
        what: `fault ${fault.name} (${fault.kind}) of scenario ${scenario}: ${failure ?? 'not rolled back'}`,
        undo: 'genesis-drill clean',
      }))
    },
  }
}

/** An injection that was given up may still be at work: what it does after the rollback would stay. */
async function settled(work: Promise<unknown> | undefined, milliseconds: number): Promise<void> {
  await withLimit(Promise.allSettled([work]), milliseconds, 'the injection').catch(() => {})
}
