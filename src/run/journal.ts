import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** What must be known after a kill -9 of the harness. One JSON object a line. */
export type JournalEntry =
  | { readonly entry: 'run.started'; readonly run: string; readonly pid: number; readonly drill: string }
  | { readonly entry: 'scenario.started' | 'scenario.ended'; readonly scenario: string }
  | {
      readonly entry: 'fault.injecting' | 'fault.injected' | 'fault.rolled-back' | 'rollback.failed'
      readonly scenario: string
      readonly fault: string
      readonly name: string
      readonly message?: string
    }
  | { readonly entry: 'run.ended'; readonly run: string; readonly verdict: string }

export interface Journal extends Disposable {
  /** On disk when this returns. */
  write(entry: JournalEntry): void
}

/** Synchronous on purpose: nothing may happen between "it is on disk" and the injection. */
export function openJournal(file: string): Journal {
  mkdirSync(dirname(file), { recursive: true })
  const descriptor = openSync(file, 'a', 0o600)
  let open = true
  return {
    write(entry) {
      if (!open) return
      writeSync(descriptor, `${JSON.stringify({ wall: Date.now(), ...entry })}\n`)
      fsyncSync(descriptor)
    },
    [Symbol.dispose]() {
      if (open) closeSync(descriptor)
      open = false
    },
  }
}
