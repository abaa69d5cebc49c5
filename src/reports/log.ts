import type { TimelineEvent } from '../model/timeline.ts'

/** One event as a sentence, for the execution log; undefined for what is drawn rather than read (samples, probes that go well). */
export function sentence(event: TimelineEvent): string | undefined {
  switch (event.event) {
    case 'phase':
      return `phase: ${event.phase}`
    case 'service.ready':
      return `${event.service} is ready after ${Math.round(event.milliseconds)} ms`
    case 'fault.injecting':
      return `injecting fault "${event.fault}" (${event.name})`
    case 'fault.injected':
      return `fault "${event.fault}" is injected`
    case 'fault.rolling-back':
      return `rolling back fault "${event.fault}"`
    case 'fault.rolled-back':
      return `fault "${event.fault}" is rolled back`
    case 'fault.failed':
      return `fault "${event.fault}" could not be injected: ${event.message}`
    case 'rollback.failed':
      return `ROLLBACK FAILED of fault "${event.fault}": ${event.message}`
    case 'alert':
      return `alert ${event.alert} is ${event.state}${event.value === undefined ? '' : `, value ${event.value}`}`
    case 'notification':
      return `${event.receiver} is told through ${event.integration}[${event.index}]: ${event.status} ${event.alerts
        .map(({ labels }) => labels['alertname'] ?? '?')
        .join(', ')}`
    case 'action.started':
      return `step ${event.step + 1} "${event.name}" (${event.action}) starts`
    case 'action.ended':
      return `step ${event.step + 1} "${event.name}" is ${event.outcome}${event.message === undefined ? '' : `: ${event.message}`}`
    case 'expectation':
      return `${event.list}[${event.index}] ${event.kind} is ${event.finding.verdict}: ${event.finding.message}`
    case 'probe':
      if (event.outcome === 'ok' && event.server === undefined) return undefined
      return `probe ${event.probe}: ${event.count} × ${event.outcome}${event.server === undefined ? '' : `, answered by ${event.server}`}${
        event.message === undefined ? '' : `: ${event.message}`
      }`
    case 'ledger':
      return event.failure === undefined
        ? `ledger of ${event.probe}: ${event.acknowledged} acknowledged, ${event.lost} of them lost, ${event.unknown} without an answer (${event.unknownKept} of them kept)`
        : `ledger of ${event.probe} could not be read: ${event.failure}`
    case 'mistake':
      return `a person's mistake on ${event.service} (transaction ${event.xid}): ${event.statement}`
    case 'note':
      return event.message
    case 'sample':
      return undefined
  }
}

/** Within what an instant is known, in milliseconds: it was not yet so at `after`. */
export function uncertainty(event: TimelineEvent): number | undefined {
  return 'after' in event && event.after !== undefined ? event.at - event.after : undefined
}
