import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, hostname, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { RunRecord } from '../model/record.ts'

const run = promisify(execFile)

export function machineFacts(): RunRecord['machine'] {
  return {
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.version,
    hostname: hostname(),
  }
}

/** Which Genesis Drill ran. Without a git checkout only the version is known. */
export async function harnessFacts(): Promise<RunRecord['harness']> {
  const root = new URL('../../', import.meta.url)
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string }
  const git = async (...argv: string[]) =>
    (await run('git', ['-C', fileURLToPath(root), ...argv], { timeout: 5000 })).stdout.trim()
  try {
    const [commit, changed] = await Promise.all([
      git('rev-parse', 'HEAD'),
      git('status', '--porcelain', '--untracked-files=no'),
    ])
    return { version, commit, dirty: changed !== '' }
  } catch {
    return { version }
  }
}
