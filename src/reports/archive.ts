import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf, ScenarioError } from '../model/errors.ts'
import type { RunRecord } from '../model/record.ts'
import { runRecordSchema } from '../model/record-schema.ts'

/** A record as it was written. Throws ScenarioError (with every problem) when the file is missing, no JSON, or no record. */
export async function readRecord(file: string): Promise<RunRecord> {
  let content: unknown
  try {
    content = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    const reason =
      error instanceof SyntaxError ? `not a JSON text (damaged or cut off): ${error.message}` : messageOf(error)
    throw new ScenarioError([{ file, message: reason }])
  }
  const result = runRecordSchema.safeParse(content)
  if (result.success) return result.data
  const version = z.looseObject({ version: z.unknown() }).safeParse(content)
  if (version.success && version.data.version !== 1)
    throw new ScenarioError([
      { file, message: `expected a run record of version 1, got version ${JSON.stringify(version.data.version)}` },
    ])
  throw new ScenarioError(
    result.error.issues.map(({ path, message }) => ({
      file,
      message: `not a run record: ${path.length === 0 ? 'the top' : path.join('.')}: ${message}`,
    })),
  )
}

/** Every `record.json` at any depth below `directory`, sorted; none when the directory does not exist. */
export async function archivedFiles(directory: string): Promise<readonly string[]> {
  const files = await Array.fromAsync(glob('**/record.json', { cwd: directory }))
  return files.toSorted().map(file => join(directory, file))
}
