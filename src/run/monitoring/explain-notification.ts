import { readableDuration } from '../../model/duration.ts'
import { messageOf } from '../../model/errors.ts'
import type { Evidence } from '../../model/finding.ts'
import type { AlertmanagerAlert, Monitoring } from '../../model/kind.ts'
import { nearest } from '../../model/nearest.ts'
import type { Labels, TimelineEvent } from '../../model/timeline.ts'
import type { AlertmanagerConfig } from '../../monitoring/alertmanager/read.ts'
import { routeAlert } from '../../monitoring/alertmanager/route.ts'
import type { Engine } from './engine.ts'
import { inWords } from './words.ts'

interface Question {
  readonly alert: string
  readonly labels: Labels
  readonly receiver: string
  readonly monitoring: Monitoring & { readonly alertmanager: Engine }
  /** The author's own routing. */
  readonly routing: AlertmanagerConfig
  readonly events: readonly TimelineEvent[]
}

const ROWS = 8

/** Why a notification did or did not reach a receiver. */
export async function explainNotification(question: Question): Promise<readonly Evidence[]> {
  const { alert, labels, monitoring } = question
  const fits = (of: Labels) =>
    of['alertname'] === alert && Object.entries(labels).every(([label, value]) => of[label] === value)
  const inAlertmanager = (await monitoring.alertmanagerAlerts()).filter(({ labels: of }) => fits(of))
  const inPrometheus = (await monitoring.alerts()).filter(({ labels: of }) => fits(of))
  const sets = [...inAlertmanager, ...inPrometheus, ...pastSets(question, fits)].map(({ labels: of }) => of)
  return [
    ...unknownReceiver(question),
    stateOf(
      alert,
      inAlertmanager,
      inPrometheus.map(({ state }) => state),
    ),
    ...routes(question, sets),
    await failures(question),
    arrivals(question),
  ]
}

/** Label sets of the alert that were seen earlier in the run; a resolved alert is in no engine any more. */
function pastSets({ events }: Question, fits: (labels: Labels) => boolean): readonly { labels: Labels }[] {
  return events.flatMap(event => (event.event === 'alert' && fits(event.labels) ? { labels: event.labels } : []))
}

function unknownReceiver({ receiver, monitoring: { receivers } }: Question): Evidence[] {
  if (receivers.includes(receiver)) return []
  const close = nearest(receiver, receivers)
  const text = `The Alertmanager file has no receiver ${receiver}.${close === undefined ? '' : ` Did you mean ${close}?`} Known: ${receivers.join(', ')}`
  return [{ kind: 'text', title: 'No such receiver', text }]
}

function stateOf(alert: string, alerts: readonly AlertmanagerAlert[], states: readonly string[]): Evidence {
  const rows = alerts
    .slice(0, ROWS)
    .map(({ labels, state, receivers, inhibitedBy, silencedBy, mutedBy }) => [
      inWords(labels),
      state,
      receivers.join(', '),
      [
        ...inhibitedBy.map(by => `inhibited by ${by}`),
        ...silencedBy.map(by => `silenced by ${by}`),
        ...mutedBy.map(by => `muted by ${by}`),
      ].join('; '),
    ])
  const seen = states.length === 0 ? 'inactive' : [...new Set(states)].join(' and ')
  return {
    kind: 'table',
    title: `${alert} in Alertmanager`,
    columns: ['alert', 'state', 'receivers', 'held back'],
    rows: rows.length > 0 ? rows : [[alert, `Alertmanager does not have it; in Prometheus it is ${seen}`, '', '']],
  }
}

function routes({ routing }: Question, sets: readonly Labels[]): Evidence[] {
  const distinct = [...new Map(sets.map(labels => [inWords(labels), labels])).entries()]
  return distinct.slice(0, 3).map(([words, labels]) => {
    const { receivers, explanation } = routeAlert(routing, labels)
    const told = receivers.map(({ receiver, path }) => `${receiver} (by ${path.join(' > ')})`).join(', ')
    return {
      kind: 'text',
      title: `Where the route tree sends ${words}`,
      text: [`goes to: ${told || 'nobody'}`, ...explanation].join('\n'),
    }
  })
}

/** What Alertmanager counted: deliveries that failed, by integration (and, on newer versions, receiver). */
async function failures({ monitoring }: Question): Promise<Evidence> {
  const title = 'Deliveries that failed, as Alertmanager counts them'
  try {
    const text = await monitoring.alertmanager.text('/metrics')
    const lines = text.split('\n').filter(line => /^alertmanager_notifications_failed_total\{/.test(line))
    const failed = lines.flatMap(line => {
      const [, labels = '', count = '0'] = /\{(.*)\} (\S+)$/.exec(line) ?? []
      return Number(count) > 0 ? [[labels, Number(count)]] : []
    })
    return { kind: 'table', title, columns: ['integration', 'failed'], rows: failed.length > 0 ? failed : [['all', 0]] }
  } catch (thrown) {
    return { kind: 'text', title, text: messageOf(thrown) }
  }
}

function arrivals({ alert, events }: Question): Evidence {
  const arrived = events.flatMap(event => (event.event === 'notification' ? [event] : []))
  const rows = arrived
    .slice(-ROWS * 2)
    .map(({ at, receiver, integration, status, alerts }) => [
      readableDuration(at / 1000),
      receiver,
      integration,
      status,
      alerts.map(({ labels }) => inWords(labels)).join(', '),
    ])
  const mine = arrived.filter(({ alerts }) => alerts.some(({ labels }) => labels['alertname'] === alert)).length
  const summary = arrived.length === 0 ? 'nothing arrived' : `${arrived.length} arrived, ${mine} with ${alert}`
  return {
    kind: 'table',
    title: `What the inbox received: ${summary}`,
    columns: ['at (wall)', 'receiver', 'via', 'status', 'alerts'],
    rows,
  }
}
