import type { ReportFormat } from '../model/record.ts'

export const html: ReportFormat = {
  summary: 'one self-contained page for people: screen, phone, paper',
  file: 'report.html',
  contentType: 'text/html; charset=utf-8',
  // Loaded when it is rendered: whoever only asks which formats there are must not wait for the drawing library.
  render: async record => (await import('./page/report.ts')).reportPage(record),
}
