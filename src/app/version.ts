import { readFileSync } from 'node:fs'

/** The version of the package, as package.json says it. */
export function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}
