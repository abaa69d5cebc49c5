import type { JournalEntry } from './journal.ts'

/** A fault that a killed harness had injected and not rolled back. */
export interface OpenFault {
  readonly scenario: string
  readonly fault: string
  readonly name: string
}

/** What a journal leaves open. A last line that was cut short by the kill is ignored: it had not reached its effect. */
export function openFaults(journal: string): readonly OpenFault[] {
  const open = new Map<string, OpenFault>()
  for (const line of journal.split('\n')) {
    const entry = parse(line)
    if (entry === undefined || !('fault' in entry)) continue
    const { scenario, fault, name } = entry
    const key = JSON.stringify([scenario, name])
    if (entry.entry === 'fault.injecting') open.set(key, { scenario, fault, name })
    else if (entry.entry === 'fault.rolled-back') open.delete(key)
  }
  return [...open.values()]
}

function parse(line: string): JournalEntry | undefined {
  try {
    return JSON.parse(line) as JournalEntry
  } catch {
    return undefined
  }
}
