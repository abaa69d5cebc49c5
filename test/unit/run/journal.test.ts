import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openJournal } from '../../../src/run/journal.ts'
import { openFaults } from '../../../src/run/left-behind.ts'

test('what was written is in the file at once; what was not rolled back is open', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'genesis-drill-journal-'))
  try {
    const file = join(folder, 'runs', 'r', 'journal.jsonl')
    using journal = openJournal(file)
    const subject = { scenario: 's', fault: 'kill' }
    journal.write({ entry: 'fault.injecting', ...subject, name: 'kill a' })
    journal.write({ entry: 'fault.injected', ...subject, name: 'kill a' })
    journal.write({ entry: 'fault.rolled-back', ...subject, name: 'kill a' })
    journal.write({ entry: 'fault.injecting', ...subject, name: 'kill b' })
    const text = await readFile(file, 'utf8')
    expect(openFaults(text)).toEqual([{ ...subject, name: 'kill b' }])
    // A kill in the middle of a write.
    expect(openFaults(`${text}{"wall":1,"entry":"fault.inj`)).toHaveLength(1)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
