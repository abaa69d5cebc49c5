import { z } from 'zod'

export const comparison = z.enum(['==', '!=', '<', '<=', '>', '>=']).default('==')
type Comparison = z.output<typeof comparison>

export const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
type Scalar = z.output<typeof scalar>

/**
 * Does what was seen compare as wanted? Databases hand out big numbers as text, so text is read as a number when one is wanted.
 * NaN compares with nothing; text compares by `==` and `!=` only.
 */
export function compares(seen: unknown, comparison: Comparison, wanted: Scalar): boolean {
  if (typeof wanted === 'number') return compareNumbers(asNumber(seen), comparison, wanted)
  const equal =
    typeof wanted === 'string'
      ? seen !== null && seen !== undefined && String(seen) === wanted
      : (seen ?? null) === wanted
  if (comparison === '==') return equal
  if (comparison === '!=') return !equal
  throw new Error(`${JSON.stringify(wanted)} is no number: it can be compared by == and != only, not by ${comparison}`)
}

function compareNumbers(seen: number, comparison: Comparison, wanted: number): boolean {
  switch (comparison) {
    case '==':
      return seen === wanted
    case '!=':
      return !Number.isNaN(seen) && seen !== wanted
    case '<':
      return seen < wanted
    case '<=':
      return seen <= wanted
    case '>':
      return seen > wanted
    case '>=':
      return seen >= wanted
  }
}

function asNumber(seen: unknown): number {
  if (typeof seen === 'number') return seen
  if (typeof seen === 'bigint') return Number(seen)
  if (typeof seen === 'string' && seen.trim() !== '') return Number(seen)
  return Number.NaN
}

/** A value as a message shows it: text quoted and cut, so that nobody mistakes "1" for 1. */
export function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'nothing')
  return text.length <= 200 ? text : `${text.slice(0, 200)}...`
}
