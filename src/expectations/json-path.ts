/** The part of a JSON value at a path such as `alerts[0].labels.severity`; undefined when there is none. */
export function partAt(value: unknown, path: string): unknown {
  const keys = path.split(/\.|\[(\d+)\]/).filter(key => key !== undefined && key !== '')
  return keys.reduce<unknown>(
    (part, key) =>
      typeof part === 'object' && part !== null && Object.hasOwn(part, key)
        ? (part as Record<string, unknown>)[key]
        : undefined,
    value,
  )
}

/** Every text inside a JSON value, as it is (not as JSON escapes it). */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(textsIn)
  return value === null || value === undefined ? [] : [String(value)]
}
