import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, ScenarioError } from '../../model/errors.ts'
import { runRecordSchema } from '../../model/record-schema.ts'
import { type MetricFamily, testMetrics } from '../../model/test-metrics.ts'

/** The test metrics of all runs whose record.json lies below a directory. Throws ScenarioError with every record that cannot be read. */
export async function archivedTests(directory: string): Promise<readonly MetricFamily[]> {
  const files = await Array.fromAsync(glob('**/record.json', { cwd: directory }))
  const problems: { file: string; message: string }[] = []
  const records = await Promise.all(
    files.map(async name => {
      const file = join(directory, name)
      try {
        return runRecordSchema.parse(JSON.parse(await readFile(file, 'utf8')))
      } catch (error) {
        problems.push({ file, message: `not a record of a run: ${messageOf(error)}` })
        return undefined
      }
    }),
  )
  if (problems.length > 0) throw new ScenarioError(problems)
  return testMetrics(records.flatMap(record => record?.scenarios ?? []))
}
