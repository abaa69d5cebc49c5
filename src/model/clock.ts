/**
 * The drill clock: monotonic milliseconds since zero, and what they mean in drill time.
 * One wall second stands for `timeScale` drill seconds.
 */
export interface DrillClock {
  readonly timeScale: number
  /** Monotonic wall milliseconds since zero (negative before the steady state held). */
  now(): number
  /** Wall time of an instant of this clock, for people and for Prometheus; milliseconds since the epoch. */
  wallTime(at: number): number
  /** Drill seconds that have passed between two instants of this clock. */
  drillSeconds(from: number, to: number): number
  /** Wall milliseconds of this many drill seconds. */
  wallMilliseconds(drillSeconds: number): number
}

/** `monotonic` gives milliseconds that never jump, `epoch` the wall time of the monotonic value 0. */
export function drillClock(timeScale: number, zero: number, epoch: number, monotonic: () => number): DrillClock {
  return {
    timeScale,
    now: () => monotonic() - zero,
    wallTime: at => epoch + zero + at,
    drillSeconds: (from, to) => ((to - from) / 1000) * timeScale,
    wallMilliseconds: seconds => (seconds * 1000) / timeScale,
  }
}
