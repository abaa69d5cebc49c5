import type { Measure } from '../record.ts'
import type { TimelineEvent } from '../timeline.ts'

/** `stepTime` of each step of the runbook that was begun, wall seconds. */
export function stepTimes(events: readonly TimelineEvent[]): readonly Measure[] {
  return events
    .filter(event => event.event === 'action.started')
    .map(({ step, name, at }): Measure => {
      const subject = { name: 'stepTime', subject: name, time: 'wall', unit: 'seconds' } as const
      const ended = events.find(event => event.event === 'action.ended' && event.step === step && event.at >= at)
      if (ended?.event !== 'action.ended') return { ...subject, verdict: 'unknown', reason: 'the step did not end' }
      return {
        ...subject,
        value: (ended.at - at) / 1000,
        error: 0,
        // A step has no objective of its own; whether it succeeded is the runbook's matter.
        verdict: 'met',
        ...(ended.outcome === 'done' ? {} : { reason: `the step failed: ${ended.message ?? 'no reason given'}` }),
      }
    })
}
