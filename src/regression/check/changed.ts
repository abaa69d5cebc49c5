import { execFile } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { EnvironmentError, messageOf } from '../../model/errors.ts'
import { type CheckFile, ruleFilesOf } from './collect.ts'
import { namedFiles } from './named.ts'

/** The files that differ from a git revision (committed, staged, unstaged or new), or that depend on such a file. */
export async function touchedSince(files: readonly CheckFile[], revision: string): Promise<CheckFile[]> {
  const root = (await git(['rev-parse', '--show-toplevel'])).trim()
  // With three dots a branch is compared to where it left the other, as in a pull request.
  const committed = await git(['diff', '--name-only', '-z', `${revision}...HEAD`, '--'])
  const uncommitted = await git(['diff', '--name-only', '-z', 'HEAD', '--'])
  const untracked = await git(['ls-files', '--others', '--exclude-standard', '-z', '--full-name', root])
  const touched = new Set(
    [committed, uncommitted, untracked]
      .flatMap(list => list.split('\0').filter(Boolean))
      .map(name => resolve(root, name)),
  )
  return files.filter(file => {
    const named = namedFiles(file).flatMap(pattern => ruleFilesOf(file.file, pattern) ?? [])
    return [file.file, ...named].some(path => touched.has(real(path)))
  })
}

/** A deleted file has no real path, but it is touched. */
function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

async function git(args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)('git', args, { maxBuffer: 64 * 1024 ** 2 })).stdout
  } catch (thrown) {
    throw new EnvironmentError(`git ${args.join(' ')} failed: ${messageOf(thrown).trim()}`, {
      advice: '--changed needs a git checkout that holds the revision; in CI fetch with enough depth',
      cause: thrown,
    })
  }
}
