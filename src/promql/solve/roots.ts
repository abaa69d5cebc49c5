/** Where a function changes its sign between two points; undefined values count as the sign of `high`. */
export function bisect(low: number, high: number, of: (value: number) => number | undefined, whole = false): number {
  let [a, b] = [low, high]
  const sign = Math.sign(of(a) ?? 0)
  for (let step = 0; step < 100; step++) {
    const middle = whole ? Math.floor((a + b) / 2) : (a + b) / 2
    if (middle === a || middle === b || Math.abs(b - a) <= 1e-13 * Math.max(Math.abs(a), Math.abs(b))) break
    const found = of(middle)
    if (found === 0) return middle
    if (found !== undefined && Math.sign(found) === sign) a = middle
    else b = middle
  }
  return whole && Math.sign(of(a) ?? 1) === 0 ? a : b
}

/** The whole number next to `root` towards `far` that suits. */
export function stepTo(root: number, far: number, suits: (value: number) => boolean): number | undefined {
  const direction = Math.sign(far - root)
  for (
    let value = Math.round(root) - direction;
    value !== far + direction && Math.abs(value - root) < 1000;
    value += direction
  )
    if (suits(value)) return value
  return suits(far) ? far : undefined
}

/** The shortest decimal near a value that suits. */
export function nicest(value: number, suits: (value: number) => boolean): number | undefined {
  for (let digits = 1; digits <= 15; digits++) {
    const rounded = Number(value.toPrecision(digits))
    if (suits(rounded)) return rounded
  }
  return suits(value) ? value : undefined
}
