import type { MetricFamily } from '../../model/test-metrics.ts'

/**
 * Test metrics in drill time: the instants of past runs move away by the drill time that has passed since `since` (wall milliseconds),
 * so that their ages grow as fast as the rules think.
 */
export function testsInDrillTime(
  families: readonly MetricFamily[],
  { now, since, timeScale }: { now: number; since: number; timeScale: number },
): readonly MetricFamily[] {
  const ahead = ((now - since) * (timeScale - 1)) / 1000
  return families.map(family => ({
    ...family,
    samples: family.samples.map(({ labels, value }) => ({
      labels,
      // 0 stands for never.
      value: family.name.endsWith('_timestamp') && value !== 0 ? value - ahead : value,
    })),
  }))
}
