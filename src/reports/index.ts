export { archivedFiles, readRecord } from './archive.ts'
export { reports } from './reports.ts'
export { renderReports, type WrittenReport } from './write.ts'
