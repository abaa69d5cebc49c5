import type { SeenPath } from '../../model/runtime.ts'

/** Where a server and its archive are. */
export interface ArchiveSite {
  /** The service whose WAL it is: a primary and its standbys share one archive. */
  readonly owner: string
  /** Holds `archive/<owner>`, the finished WAL segments. */
  readonly repository: SeenPath
  readonly data: SeenPath
  readonly port: number
}

/** How finished WAL gets into the archive and back. */
export interface Archiving {
  /** Of the server and of all programs beside it. */
  readonly environment: Readonly<Record<string, string>>
  /** Shell, run before each start of the server, when its data are there. */
  readonly prepare: string
  readonly settings: Readonly<Record<string, string>>
  readonly restoreCommand: string
}
