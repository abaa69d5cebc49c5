/** Durations as Prometheus writes them (`1h30m`, `250ms`); in code always seconds. */

const UNITS = { y: 31_536_000, w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1, ms: 0.001 } as const
const SHAPE = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/

/** Seconds of a Prometheus duration; undefined when the text is none. `0` alone is allowed, as Prometheus does. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  const match = SHAPE.exec(text)
  if (text === '' || match === null) return undefined
  return Object.values(UNITS).reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * unit, 0)
}

/** The shortest Prometheus duration for these seconds, rounded to whole milliseconds (Prometheus knows none finer). */
export function formatDuration(seconds: number): string {
  if (seconds < 0) return `-${formatDuration(-seconds)}`
  let rest = Math.round(seconds * 1000)
  if (rest === 0) return '0s'
  let text = ''
  for (const [unit, size] of Object.entries(UNITS)) {
    const milliseconds = Math.round(size * 1000)
    if (unit === 'y' || unit === 'w') {
      if (rest % milliseconds !== 0) continue
    }
    const count = Math.floor(rest / milliseconds)
    if (count > 0) text += `${count}${unit}`
    rest -= count * milliseconds
  }
  return text
}

/** For people: two significant units at most, `5m 12s`, `340 ms`, `1.25 s`. */
export function readableDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return String(seconds)
  if (seconds < 0) return `-${readableDuration(-seconds)}`
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`
  const whole = Math.round(seconds)
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor((whole % 86_400) / 3_600), 'h'],
    [Math.floor((whole % 3_600) / 60), 'm'],
    [whole % 60, 's'],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ')
}
