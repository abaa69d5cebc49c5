import type { Evidence, Finding } from './finding.ts'

/**
 * Everything that happens in a run, append-only. `at` is milliseconds on the drill clock of the scenario (monotonic, zero = steady state
 * held); `wall` is milliseconds since the epoch, for people.
 */
export type TimelineEvent = { readonly at: number; readonly wall: number } & EventBody

/** An instant that was found by looking again and again: it happened after `after` and not later than `at`. */
interface Seen {
  readonly after?: number
}

export type EventBody =
  | { readonly event: 'phase'; readonly phase: Phase }
  | { readonly event: 'service.ready'; readonly service: string; readonly milliseconds: number }
  | {
      readonly event: 'fault.injecting' | 'fault.rolling-back' | 'fault.rolled-back'
      readonly fault: string
      readonly name: string
    }
  | {
      readonly event: 'fault.injected'
      readonly fault: string
      readonly name: string
      readonly evidence: readonly Evidence[]
    }
  | {
      readonly event: 'fault.failed' | 'rollback.failed'
      readonly fault: string
      readonly name: string
      readonly message: string
    }
  | ({
      readonly event: 'alert'
      readonly alert: string
      readonly labels: Labels
      readonly state: AlertState
      readonly value?: string
    } & Seen)
  | {
      readonly event: 'notification'
      readonly receiver: string
      readonly integration: string
      readonly index: number
      readonly status: 'firing' | 'resolved'
      readonly alerts: readonly { readonly labels: Labels; readonly status: 'firing' | 'resolved' }[]
      readonly groupLabels: Labels
      /** What arrived, secrets removed. */
      readonly payload: unknown
    }
  | { readonly event: 'action.started'; readonly action: string; readonly name: string; readonly step: number }
  | {
      readonly event: 'action.ended'
      readonly action: string
      readonly name: string
      readonly step: number
      readonly outcome: 'done' | 'failed'
      readonly message?: string
      readonly evidence: readonly Evidence[]
    }
  | ({
      readonly event: 'expectation'
      readonly list: ExpectationList
      readonly index: number
      readonly kind: string
      readonly finding: Finding
    } & Seen)
  /** One operation of a probe, or a run of equal ones folded together (`count`, first at `at`, last at `until`). */
  | {
      readonly event: 'probe'
      readonly probe: string
      readonly outcome: 'ok' | 'failed' | 'unknown'
      /** Which server answered. */
      readonly server?: string
      readonly count: number
      readonly until: number
      /** Milliseconds that the first of them took. */
      readonly tookMs: number
      readonly message?: string
    }
  /** The ledger of acknowledged writes against what survived, after recovery. */
  | {
      readonly event: 'ledger'
      readonly probe: string
      readonly acknowledged: number
      readonly unknown: number
      readonly lost: number
      /** Of the unknown, how many are there. */
      readonly unknownKept: number
      /** When something was lost: between these instants all of it was acknowledged. The first is that of the last write before it that survived. */
      readonly survivedUntil?: number
      readonly newestLost?: number
      /** Why it could not be read. */
      readonly failure?: string
    }
  /** A person's mistake that replication repeats (drop-table, bad-update). `began` is before its transaction. */
  | {
      readonly event: 'mistake'
      readonly service: string
      readonly xid: string
      readonly began: number
      readonly beganWall: number
      readonly statement: string
    }
  | {
      readonly event: 'sample'
      readonly query: string
      readonly name: string
      readonly value: number | null
      readonly threshold?: number
      readonly comparison?: string
    }
  | { readonly event: 'note'; readonly message: string }

export type Phase =
  | 'booting'
  | 'steady'
  | 'faults'
  | 'observing'
  | 'recovering'
  | 'rolling-back'
  | 'after'
  | 'measuring'
  | 'ended'
export type ExpectationList = 'steady' | 'expect' | 'after'
export type AlertState = 'inactive' | 'pending' | 'firing' | 'resolved'
export type Labels = Readonly<Record<string, string>>
