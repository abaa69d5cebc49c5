import type { Journal, JournalEntry } from '../../src/run/journal.ts'
import type { LoadedFault } from '../../src/run/load/scenario.ts'

/** A journal that shares one list with whatever else is written down, so that order can be seen. */
export function listedJournal(list: string[]): Journal {
  return {
    write: (entry: JournalEntry) => void list.push(`journal ${entry.entry}`),
    [Symbol.dispose]: () => {},
  }
}

export function fault(name: string, at = 0): LoadedFault {
  return { name, kind: 'fake', spec: {}, place: 'fake.yaml:1:1', at }
}
