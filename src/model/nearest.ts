/** The known name closest to what was written (Levenshtein, at most a third of its length away), for "did you mean". */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let distance = Math.max(2, Math.floor(written.length / 3)) + 1
  for (const name of known) {
    const candidate = editDistance(written.toLowerCase(), name.toLowerCase())
    if (candidate < distance) [best, distance] = [name, candidate]
  }
  return best
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++)
      current[j] = Math.min(
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
      )
    previous = current
  }
  return previous[b.length] ?? 0
}
