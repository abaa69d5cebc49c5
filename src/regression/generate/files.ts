import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { EnvironmentError, messageOf } from '../../model/errors.ts'

/** Throws EnvironmentError when the file cannot be written. */
export function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  } catch (thrown) {
    throw new EnvironmentError(`${path} cannot be written: ${messageOf(thrown)}`, { cause: thrown })
  }
}

/** `rules/web.yml` is `web`. */
export const stem = (file: string) => (file.split('/').at(-1) ?? file).replace(/\.(ya?ml|json)$/, '')
/** As a name of a file. */
export const slug = (name: string) => name.replace(/[^a-zA-Z0-9._-]+/g, '-').replace(/^-+|-+$/g, '') || 'alert'

/** The name, numbered where it is taken already. */
export function unique(name: string, names: Set<string>): string {
  let chosen = name
  for (let number = 2; names.has(chosen); number++) chosen = `${name}-${number}`
  names.add(chosen)
  return chosen
}
