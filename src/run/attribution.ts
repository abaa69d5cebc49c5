import type { Arrival } from '../model/abilities.ts'
import type { Monitoring } from '../model/kind.ts'
import type { Labels } from '../model/timeline.ts'
import { inWords } from './monitoring/words.ts'

/**
 * For payloads that carry no labels, such as a Slack message of a custom template: which alerts one tells of. Those of which Alertmanager
 * says that it routes them to that receiver, and of these the ones whose name stands in the payload. `seen` are all alerts that Prometheus
 * showed in this run, for one that is over by the time that Alertmanager is asked.
 */
export function attribution(
  { alertmanagerAlerts }: Pick<Monitoring, 'alertmanagerAlerts'>,
  seen: () => Iterable<Labels>,
): (arrival: Arrival) => Promise<Arrival['alerts']> {
  const told = new Map<string, Map<string, Labels>>()

  async function active({ receiver, groupLabels }: Arrival): Promise<ReadonlyMap<string, Labels>> {
    const now = await alertmanagerAlerts().catch(() => [])
    const routed = now.filter(
      ({ labels, receivers, state }) =>
        receivers.includes(receiver) &&
        state === 'active' &&
        Object.entries(groupLabels).every(([label, value]) => labels[label] === value),
    )
    return new Map(routed.map(({ labels }) => [inWords(labels), labels]))
  }

  return async arrival => {
    const { receiver, integration, index, status, payload } = arrival
    const key = JSON.stringify([receiver, integration, index])
    const before = told.get(key) ?? new Map<string, Labels>()
    told.set(key, before)
    const routed = await active(arrival)
    const candidates =
      status === 'firing'
        ? [[...routed.values()], [...seen()]]
        : [
            [...before].filter(([words]) => !routed.has(words)).map(([, labels]) => labels),
            [...before.values(), ...seen()],
          ]
    const text = JSON.stringify(payload) ?? ''
    const named = candidates.map(list => list.filter(({ alertname = '' }) => isNamed(alertname, text)))
    const alerts = unique(named.find(list => list.length > 0) ?? candidates[0] ?? [])
    for (const labels of alerts)
      if (status === 'firing') before.set(inWords(labels), labels)
      else before.delete(inWords(labels))
    return alerts.map(labels => ({ labels, status }))
  }
}

/** As a word of its own; a name that is no word need only occur. */
function isNamed(alertname: string, text: string): boolean {
  if (/^\w+$/.test(alertname)) return text.split(/\W+/).includes(alertname)
  return alertname !== '' && text.includes(JSON.stringify(alertname).slice(1, -1))
}

function unique(list: readonly Labels[]): readonly Labels[] {
  return [...new Map(list.map(labels => [inWords(labels), labels])).values()]
}
