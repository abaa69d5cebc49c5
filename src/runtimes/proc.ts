import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Looks into /proc. What is gone, or not ours to see, reads as empty: processes may end at any moment. */

export function textOf(file: string): string {
  return orElse('', () => readFileSync(file, 'utf8'))
}

/** Entries that are numbers: processes, threads, descriptors. */
export function numbersIn(directory: string): readonly number[] {
  return orElse([], () => readdirSync(directory))
    .filter(name => /^\d+$/.test(name))
    .map(Number)
}

export function targetOf(link: string): string {
  return orElse('', () => readlinkSync(link))
}

function orElse<T>(otherwise: T, look: () => T): T {
  try {
    return look()
  } catch {
    return otherwise
  }
}
