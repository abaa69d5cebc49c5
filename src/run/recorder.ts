import type { Arrival, Inbox } from '../model/abilities.ts'
import type { PrometheusAlert } from '../model/kind.ts'
import type { Labels } from '../model/timeline.ts'
import { attribution } from './attribution.ts'
import { pause } from './limit.ts'
import type { LiveMonitoring } from './monitoring/live.ts'
import { inWords } from './monitoring/words.ts'
import type { Timeline } from './timeline.ts'

interface RecorderOptions {
  readonly monitoring: LiveMonitoring
  readonly inbox: Inbox
  readonly timeline: Timeline
  /** Wall milliseconds between two looks at the alerts. */
  readonly everyMs: number
}

/** Writes every change of an alert's state and every notification into the timeline, until it is disposed. */
export function record({ monitoring, inbox, timeline, everyMs }: RecorderOptions): AsyncDisposable {
  const stopping = new AbortController()
  const attributions = new Set<Promise<void>>()
  const seen = new Map<string, Labels>()
  const toldBy = attribution(monitoring, () => seen.values())

  const unsubscribe = inbox.onArrival(arrival => {
    const work = note(arrival).finally(() => attributions.delete(work))
    attributions.add(work)
  })

  async function note(arrival: Arrival): Promise<void> {
    const { receiver, integration, index, status, groupLabels, payload } = arrival
    const alerts = arrival.alerts.length > 0 ? arrival.alerts : await toldBy(arrival)
    // The arrival's own stamp, not the moment at which its alerts were known.
    const at = timeline.clock.now() - (performance.now() - arrival.monotonic)
    timeline.append({ event: 'notification', receiver, integration, index, status, alerts, groupLabels, payload }, at)
  }

  async function watchAlerts(): Promise<void> {
    const known = new Map<string, PrometheusAlert>()
    let lastAsked: number | undefined
    while (!stopping.signal.aborted) {
      const asked = timeline.clock.now()
      const alerts = await monitoring.alerts().catch(() => undefined)
      if (alerts !== undefined) {
        for (const { labels } of alerts) seen.set(inWords(labels), labels)
        for (const change of changes(known, alerts)) {
          const { labels, state, value } = change
          const seen = lastAsked === undefined ? {} : { after: lastAsked }
          timeline.append({
            event: 'alert',
            alert: labels['alertname'] ?? '',
            labels,
            state,
            ...(value === undefined ? {} : { value }),
            ...seen,
          })
        }
        lastAsked = asked
      }
      await pause(everyMs, stopping.signal)
    }
  }

  const watching = watchAlerts()
  return {
    async [Symbol.asyncDispose]() {
      unsubscribe()
      stopping.abort()
      await Promise.all([watching, ...attributions])
    },
  }
}

interface Change {
  readonly labels: Labels
  readonly state: 'inactive' | 'pending' | 'firing' | 'resolved'
  readonly value?: string
}

/** What differs from the last look; `known` is brought up to date. */
function* changes(known: Map<string, PrometheusAlert>, alerts: readonly PrometheusAlert[]): Generator<Change> {
  const present = new Set<string>()
  for (const alert of alerts) {
    const key = inWords(alert.labels)
    present.add(key)
    if (known.get(key)?.state !== alert.state) yield { labels: alert.labels, state: alert.state, value: alert.value }
    known.set(key, alert)
  }
  for (const [key, alert] of known)
    if (!present.has(key)) {
      known.delete(key)
      yield { labels: alert.labels, state: alert.state === 'firing' ? 'resolved' : 'inactive' }
    }
}
