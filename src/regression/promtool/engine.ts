import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { EnvironmentError } from '../../model/errors.ts'

/** An engine's binary on this machine. `identity` changes when the binary does: it stands for the version in cache keys. */
export interface Engine {
  readonly binary: string
  readonly identity: string
}

/** The first of the names that is on PATH. Throws EnvironmentError when none is. */
export function findEngine(names: readonly string[], packageName: string): Engine {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter(directory => directory !== '')
  for (const name of names)
    for (const directory of directories) {
      const binary = join(directory, name)
      try {
        accessSync(binary, constants.X_OK)
        const { size, mtimeMs, isFile } = { ...statSync(binary), isFile: statSync(binary).isFile() }
        if (isFile) return { binary, identity: `${binary} ${size} ${mtimeMs}` }
      } catch {
        // Not here: the next directory.
      }
    }
  throw new EnvironmentError(`${names.join(' or ')} is not on PATH`, {
    advice: `install it (Debian: apt-get install ${packageName}) or put its directory on PATH`,
  })
}

export const findPromtool = (): Engine => findEngine(['promtool'], 'prometheus')
export const findAlertmanager = (): Engine =>
  findEngine(['alertmanager', 'prometheus-alertmanager'], 'prometheus-alertmanager')
