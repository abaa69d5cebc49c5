import type { Measure } from '../record.ts'
import { recoveryTimes } from './availability.ts'
import { timesToRestored } from './composed.ts'
import { dataLoss } from './data-loss.ts'
import { timesToDetect, timesToNotify } from './detection.ts'
import type { Measured } from './measured.ts'
import { stepTimes } from './steps.ts'

/** Everything that was promised and can be measured, from the timeline alone: a record can be judged again years later. */
export function measure(unordered: Measured): readonly Measure[] {
  const measured = { ...unordered, events: unordered.events.toSorted((a, b) => a.at - b.at) }
  const taken = [
    ...timesToDetect(measured),
    ...timesToNotify(measured),
    ...recoveryTimes(measured),
    ...dataLoss(measured),
    ...stepTimes(measured.events),
  ]
  return [...taken, ...timesToRestored(measured, taken)]
}
