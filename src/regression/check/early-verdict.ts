import { readTestFile } from '../promtool/test-file.ts'
import type { CheckFile } from './collect.ts'
import { type Judged, WHOLE_FILE } from './result.ts'

/** All tests of a file that promtool passed as a whole. */
export function passedAsWhole(file: CheckFile): Judged {
  const { tests, whole, ruleFiles } = readTestFile(file.file, file.text)
  const basis = { kind: 'rules', file: file.file, verdict: 'met', failures: [], notes: [] } as const
  const checked = tests.map(({ line, name }) => ({ ...basis, line, name }))
  return {
    file,
    named: ruleFiles,
    checked: whole === undefined ? checked : [{ ...basis, line: 1, name: WHOLE_FILE }],
  }
}
