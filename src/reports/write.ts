import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EnvironmentError, messageOf } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import type { ReportFormat, RunRecord } from '../model/record.ts'
import { evidenceFiles } from './evidence.ts'
import { recordText } from './json.ts'
import { reports } from './reports.ts'

export interface WrittenReport {
  readonly name: string
  readonly path: string
}

/**
 * Writes record.json, timeline.jsonl and evidence/ (always, first) and the wanted formats into `directory`, and gives what was written.
 * A format that fails is handed to `failed` (by default one line on stderr) and does not stop the others.
 * Throws EnvironmentError when the record itself cannot be written.
 */
export async function renderReports(
  record: RunRecord,
  directory: string,
  formats: readonly string[],
  failed: (name: string, error: unknown) => void = warn,
): Promise<readonly WrittenReport[]> {
  const hashes = new Map<string, string>()
  const put = async (file: string, content: string | Uint8Array) => {
    const path = join(directory, file)
    await writeWhole(path, content)
    hashes.set(file, createHash('sha256').update(content).digest('hex'))
    return path
  }
  const written: WrittenReport[] = []
  try {
    written.push({ name: 'json', path: await put('record.json', recordText(record)) })
    written.push({ name: 'timeline', path: await put('timeline.jsonl', timelineText(record)) })
    // A record that is rendered again must not keep evidence of an earlier rendering.
    await rm(join(directory, 'evidence'), { recursive: true, force: true })
    for (const { path, text } of evidenceFiles(record)) await put(`evidence/${path}`, text)
  } catch (error) {
    throw new EnvironmentError(`the record cannot be written to ${directory}: ${messageOf(error)}`, {
      advice: 'Choose a directory that is writable and on a disk with room.',
      cause: error,
    })
  }
  for (const name of new Set(formats)) {
    if (name === 'json') continue
    try {
      const format = formatNamed(name)
      written.push({ name, path: await put(format.file, await format.render(record)) })
    } catch (error) {
      failed(name, error)
    }
  }
  for (const { file } of Object.values(reports))
    if (!hashes.has(file)) {
      // A report of an earlier rendering that stays beside the new ones.
      const content = await readFile(join(directory, file)).catch(() => undefined)
      if (content !== undefined) hashes.set(file, createHash('sha256').update(content).digest('hex'))
    }
  const sums = [...hashes].map(
    ([file, hash]) => `${hash}  ${file.startsWith('evidence/') ? file.slice(9) : `../${file}`}`,
  )
  const path = join(directory, 'evidence', 'SHA256SUMS')
  await writeWhole(path, `${sums.join('\n')}\n`)
  return [...written, { name: 'evidence', path }]
}

function formatNamed(name: string): ReportFormat {
  const formats: Readonly<Record<string, ReportFormat>> = reports
  const format = Object.hasOwn(formats, name) ? formats[name] : undefined
  if (format !== undefined) return format
  const close = nearest(name, Object.keys(formats))
  throw new Error(
    `unknown report format ${JSON.stringify(name)}; known: ${Object.keys(formats).join(', ')}${
      close === undefined ? '' : `; did you mean ${close}?`
    }`,
  )
}

/** Every event of every scenario, one JSON object a line. */
function timelineText(record: RunRecord): string {
  return record.scenarios
    .flatMap(({ scenario, timeline }) => timeline.map(event => `${JSON.stringify({ scenario, ...event })}\n`))
    .join('')
}

/** Never half a file under its final name: who reads the archive meanwhile sees the old one or the new one. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const scratch = `${path}.${process.pid}.part`
  try {
    await writeFile(scratch, content)
    await rename(scratch, path)
  } finally {
    await rm(scratch, { force: true })
  }
}

function warn(name: string, error: unknown): void {
  const advice = error instanceof EnvironmentError && error.advice !== undefined ? ` ${error.advice}` : ''
  process.stderr.write(`The ${name} report was not written: ${messageOf(error)}.${advice}\n`)
}
