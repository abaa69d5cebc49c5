import { createTwoFilesPatch } from 'diff'

/** A unified diff; empty when nothing differs. */
export function unifiedDiff(before: string, after: string, names: { before: string; after: string }): string {
  if (before === after) return ''
  const patch = createTwoFilesPatch(names.before, names.after, before, after, undefined, undefined, { context: 3 })
  return patch.slice(patch.indexOf('--- '))
}
