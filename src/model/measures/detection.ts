import type { LabelPatterns } from '../fields.ts'
import type { Measure } from '../record.ts'
import type { TimelineEvent } from '../timeline.ts'
import { centred, elapsed, type Interval, kept, keptSoFar, times } from './interval.ts'
import {
  type FaultInstant,
  faultInstants,
  labelled,
  type Measured,
  observedUntil,
  type PromisedAlert,
  type PromisedNotification,
  promise,
  promisedAlerts,
  promisedNotifications,
  untaken,
} from './measured.ts'

/** `timeToDetect` of each alert that is expected to fire: from the first fault to firing, drill seconds. */
export function timesToDetect(measured: Measured): readonly Measure[] {
  const alerts = promisedAlerts(measured)
  const { detect } = measured.objectives
  if (alerts.length > 0) return alerts.map(alert => timeToDetect(alert, naming(alert, alerts), measured))
  if (detect === undefined) return []
  return [untaken({ ...about('timeToDetect', 'detect', detect), reason: 'no alert was expected to fire' })]
}

/** `timeToNotify` of each notification that is expected: from firing to the payload's arrival, drill seconds. */
export function timesToNotify(measured: Measured): readonly Measure[] {
  const notifications = promisedNotifications(measured)
  const { notify } = measured.objectives
  if (notifications.length > 0) return notifications.map(wanted => timeToNotify(wanted, measured))
  if (notify === undefined) return []
  return [untaken({ ...about('timeToNotify', 'notify', notify), reason: 'no notification was expected' })]
}

const about = (name: 'timeToDetect' | 'timeToNotify', subject: string, objective: number | undefined) =>
  ({ name, subject, time: 'drill', unit: 'seconds', ...promise(objective) }) as const

/** Its name; with its labels when another expectation is about the same alert. */
function naming({ alert, labels }: PromisedAlert, all: readonly PromisedAlert[]): string {
  if (all.filter(other => other.alert === alert).length === 1) return alert
  const parts = Object.entries(labels).map(([name, pattern]) =>
    typeof pattern === 'string' ? `${name}="${pattern}"` : `${name}=~"${pattern.matches}"`,
  )
  return `${alert} {${parts.join(', ')}}`
}

function timeToDetect(wanted: PromisedAlert, subject: string, measured: Measured): Measure {
  const { events, objectives } = measured
  const measure = about('timeToDetect', subject, objectives.detect)
  const faults = faultInstants(events)
  const [fault] = faults
  if (fault === undefined) return untaken({ ...measure, reason: 'no fault was injected' })
  const fired = firing(wanted, fault, events)
  if (fired === 'before') return untaken({ ...measure, reason: `${wanted.alert} was firing before the fault already` })
  if (fired === undefined) return notYet(measure, fault.to, `${wanted.alert} did not fire`, measured)
  const several = faults.length > 1 ? `counted from the first fault, ${fault.name}` : undefined
  return taken(measure, elapsed(fault, fired), measured.timeScale, several)
}

function timeToNotify(wanted: PromisedNotification, measured: Measured): Measure {
  const { events, objectives } = measured
  const measure = about('timeToNotify', `${wanted.alert} to ${wanted.receiver}`, objectives.notify)
  const [fault] = faultInstants(events)
  if (fault === undefined) return untaken({ ...measure, reason: 'no fault was injected' })
  const fired = firing(wanted, fault, events)
  if (fired === 'before') return untaken({ ...measure, reason: `${wanted.alert} was firing before the fault already` })
  if (fired === undefined)
    return untaken({ ...measure, reason: `${wanted.alert} did not fire, so nobody could be notified` })
  const arrived = events.find(event => event.at >= fired.from && event.event === 'notification' && tells(event, wanted))
  if (arrived === undefined) return notYet(measure, fired.to, `nothing arrived at ${wanted.receiver}`, measured)
  return taken(measure, elapsed(fired, { from: arrived.at, to: arrived.at }), measured.timeScale)
}

/** When the alert began to fire after the fault: between the last look that did not see it and the first that did. */
function firing(
  { alert, labels }: { readonly alert: string; readonly labels: LabelPatterns },
  fault: FaultInstant,
  events: readonly TimelineEvent[],
): Interval | 'before' | undefined {
  const own = events.filter(event => event.event === 'alert' && event.alert === alert && labelled(event.labels, labels))
  const before = new Map<string, string>()
  for (const event of own)
    if (event.event === 'alert' && event.at < fault.from) before.set(JSON.stringify(event.labels), event.state)
  if ([...before.values()].includes('firing')) return 'before'
  const first = own.find(event => event.event === 'alert' && event.state === 'firing' && event.at >= fault.from)
  if (first?.event !== 'alert') return undefined
  // Prometheus may have seen the damage only after the injection had begun.
  return { from: Math.max(first.after ?? fault.from, fault.from), to: first.at }
}

function tells(
  { receiver, integration, alerts, status, groupLabels }: Extract<TimelineEvent, { event: 'notification' }>,
  wanted: PromisedNotification,
): boolean {
  if (receiver !== wanted.receiver || (wanted.via !== undefined && integration !== wanted.via)) return false
  // Of a payload that a custom template rendered, only the group may be known.
  const told = alerts.length > 0 ? alerts : [{ labels: groupLabels, status }]
  return told.some(
    alert =>
      alert.status === 'firing' && alert.labels['alertname'] === wanted.alert && labelled(alert.labels, wanted.labels),
  )
}

function taken(
  measure: ReturnType<typeof about>,
  wallMilliseconds: Interval,
  timeScale: number,
  remark?: string,
): Measure {
  const drill = times(wallMilliseconds, timeScale / 1000)
  const verdict = kept(drill, measure.objective)
  const reasons = [
    ...(verdict === 'unknown' ? ['the objective lies within the error bound'] : []),
    ...(remark === undefined ? [] : [remark]),
  ]
  return { ...measure, ...centred(drill), verdict, ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }) }
}

function notYet(measure: ReturnType<typeof about>, since: number, what: string, measured: Measured): Measure {
  const seconds = (Math.max(0, observedUntil(measured.events) - since) / 1000) * measured.timeScale
  return {
    ...measure,
    verdict: keptSoFar(seconds, measure.objective),
    reason: `${what} in the ${seconds.toFixed(1)} s (drill time) that were observed`,
  }
}
