import type { Evidence } from '../model/finding.ts'

interface Damage {
  /** Looks whether the damage can be done at all; damages nothing. */
  check?(): Promise<void>
  inject(): Promise<readonly Evidence[]>
  /** Puts things back as far as they still are damaged: an action of the runbook may have been faster. */
  undo(): Promise<void>
}

/**
 * A fault whose `undo` runs only while it owes one: not before `inject`, not twice, and again when it failed.
 * It is owed from the moment the injection begins, so a half-done injection is undone too.
 */
export function undoable({ check, inject, undo }: Damage): {
  inject(): Promise<readonly Evidence[]>
  rollback(): Promise<void>
} {
  let owed = false
  return {
    async inject() {
      await check?.()
      owed = true
      return inject()
    },
    async rollback() {
      if (!owed) return
      await undo()
      owed = false
    },
  }
}
