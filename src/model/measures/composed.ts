import type { Measure } from '../record.ts'
import { outageOf } from './availability.ts'
import { type Measured, promisedNotifications, untaken } from './measured.ts'

/**
 * `timeToRestored` of each probe that saw an outage: what people would wait in production from the fault until service is back. Detection and
 * notification count in drill time, recovery in wall time: from the first step of the runbook (from the fault, when nobody had to do
 * anything) to the answer that ended the outage. The wall time in which the drill waited for its alerts is in neither.
 */
export function timesToRestored(measured: Measured, taken: readonly Measure[]): readonly Measure[] {
  const told = promisedNotifications(measured)
  if (told.length === 0) return []
  return measured.probes.flatMap(({ name, everyMs }) => {
    const seen = outageOf(name, everyMs, measured.events)
    if (seen.kind === 'none') return []
    const subject = { name: 'timeToRestored', subject: name, time: 'drill', unit: 'seconds' } as const
    if (seen.kind !== 'ended') return [untaken({ ...subject, reason: seen.reason })]
    const warning = firstWarning(told, taken)
    if (warning === undefined)
      return [
        untaken({
          ...subject,
          reason: 'nobody was told of the fault: detection or notification could not be measured',
        }),
      ]
    const { fault, recovered, uncertain } = seen.outage
    const runbook = measured.events.find(event => event.event === 'action.started' && event.at >= fault.from)
    const began = runbook !== undefined && runbook.at < recovered ? runbook.at : fault.from
    const recovery = (recovered - began) / 1000
    return [
      {
        ...subject,
        value: warning.detection + warning.notification + recovery,
        error: warning.error + uncertain / 1000,
        verdict: 'met',
        parts: [
          { name: `detection (${warning.alert})`, value: warning.detection, time: 'drill' },
          { name: `notification (${warning.receiver})`, value: warning.notification, time: 'drill' },
          { name: 'recovery', value: recovery, time: 'wall' },
        ],
      } satisfies Measure,
    ]
  })
}

/** The notification that arrived first: that is when people know. */
function firstWarning(told: ReturnType<typeof promisedNotifications>, taken: readonly Measure[]) {
  const warnings = told.flatMap(({ alert, receiver }) => {
    const detection = find(taken, 'timeToDetect', subject => subject === alert || subject.startsWith(`${alert} {`))
    const notification = find(taken, 'timeToNotify', subject => subject === `${alert} to ${receiver}`)
    if (detection?.value === undefined || notification?.value === undefined) return []
    const error = (detection.error ?? 0) + (notification.error ?? 0)
    return [{ alert, receiver, detection: detection.value, notification: notification.value, error }]
  })
  return warnings.sort((a, b) => a.detection + a.notification - (b.detection + b.notification))[0]
}

function find(taken: readonly Measure[], name: Measure['name'], about: (subject: string) => boolean) {
  return taken.find(measure => measure.name === name && about(measure.subject) && measure.value !== undefined)
}
