import type { ReportFormat, RunRecord } from '../model/record.ts'

/** The record as written to disk; hashes in reports are of exactly this text. */
export function recordText(record: RunRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`
}

export const json: ReportFormat = {
  summary: 'the whole record, for machines; the input of every other report',
  file: 'record.json',
  contentType: 'application/json',
  render: recordText,
}
