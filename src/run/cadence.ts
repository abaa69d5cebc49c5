import type { LoadedScenario, TimedExpectation } from './load/scenario.ts'
import type { Cadence } from './observe.ts'
import type { Timeline } from './timeline.ts'

/** How often the expectations of a scenario are looked at: four times in the shortest interval of its monitoring. */
export function cadenceOf({ monitoring }: LoadedScenario, { clock }: Timeline): Cadence {
  const { scrapeInterval, evaluationInterval } = monitoring
  const fastest = clock.wallMilliseconds(Math.min(scrapeInterval, evaluationInterval))
  const everyMs = Math.min(500, Math.max(FASTEST_MS, fastest / 4))
  const drill = (milliseconds: number) => clock.drillSeconds(0, milliseconds)
  return {
    everyMs,
    limitMs: 10_000,
    tolerance: Math.max(2 * evaluationInterval, drill(500)),
    grace: drill(4 * everyMs),
  }
}

/** Wall milliseconds. Looking more often would cost the engines the time that they need themselves. */
const FASTEST_MS = 20

const untilEnd = ({ timing }: TimedExpectation) => timing.when === 'never' && timing.until === 'end'

/** Drill seconds that are watched when nothing says how long. */
const WATCHED = 600

/** Drill seconds that a list is watched at least. `never: true` alone would end before anything could happen. */
export function observationOf(asked: number, list: readonly TimedExpectation[]): number {
  const timed = list.some(expectation => expectation.timing.when !== 'now' && !untilEnd(expectation))
  return asked > 0 || timed || !list.some(untilEnd) ? asked : WATCHED
}
