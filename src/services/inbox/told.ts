import type { Arrival } from '../../model/abilities.ts'
import type { Labels } from '../../model/timeline.ts'

type Told = Pick<Arrival, 'status' | 'alerts' | 'groupLabels' | 'groupKey'>
type Alerts = Arrival['alerts']
type Status = Arrival['status']

/**
 * By which name a service knows the incident; a resolve names it and may say nothing else (Opsgenie). Undefined where there is none.
 */
export function incidentOf(integration: string, payload: unknown, path: string): string | undefined {
  if (integration !== 'opsgenie') return undefined
  const named = /^\/v2\/alerts\/([^/]+)\//.exec(path)?.[1] ?? mapping(payload)['alias']
  return typeof named === 'string' ? named : undefined
}

/** What the payload of an integration tells of its alerts. `path` is what the integration added behind its own address. */
export function toldBy(integration: string, payload: unknown, path = ''): Told {
  if (integration === 'webhook') return toldByWebhook(payload)
  if (integration === 'pagerduty') return toldByPagerDuty(payload)
  if (integration === 'email') return toldByMail(payload)
  const text = textsOf(payload).join('\n')
  const status = statusOf(integration, payload, path) ?? statusIn(text)
  return { status, alerts: listedAlerts(text, status), groupLabels: {} }
}

function toldByWebhook(payload: unknown): Told {
  const message = mapping(payload)
  const alerts = Array.isArray(message['alerts']) ? message['alerts'].map(mapping) : []
  return {
    status: asStatus(message['status']),
    alerts: alerts.map(alert => ({ labels: asLabels(alert['labels']), status: asStatus(alert['status']) })),
    groupLabels: asLabels(message['groupLabels']),
    ...(typeof message['groupKey'] === 'string' ? { groupKey: message['groupKey'] } : {}),
  }
}

function toldByMail(payload: unknown): Told {
  const { subject, text, html } = mapping(payload)
  const status = statusIn(String(subject))
  return { status, alerts: listedAlerts(html ? linesOf(String(html)) : String(text), status), groupLabels: {} }
}

/** The lines of an HTML mail as the template wrote them; a rendering for people would wrap them. */
function linesOf(html: string): string {
  const entities: Readonly<Record<string, string>> = {
    lt: '<',
    gt: '>',
    quot: '"',
    '#34': '"',
    '#39': "'",
    '#43': '+',
    amp: '&',
  }
  return html
    .replace(/<br\b[^>]*>|<\/(?:strong|td|p|div|a)>/g, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole)
}

function toldByPagerDuty(payload: unknown): Told {
  const event = mapping(payload)
  const details = mapping(mapping(event['payload'])['custom_details'])
  const listed = (status: Status): Alerts => {
    // Since Alertmanager 0.29 the alerts themselves, before that a list printed by a template.
    const told = details[status]
    if (!Array.isArray(told)) return listedAlerts(textsOf(told).join('\n'), status)
    return told.map(mapping).map(alert => ({ labels: asLabels(alert['labels']), status }))
  }
  return {
    status: event['event_action'] === 'resolve' ? 'resolved' : 'firing',
    alerts: [...listed('firing'), ...listed('resolved')],
    groupLabels: {},
  }
}

/** As the services themselves tell a resolve. */
function statusOf(integration: string, payload: unknown, path: string): Status | undefined {
  const message = mapping(payload)
  switch (integration) {
    case 'opsgenie':
      return /\/close\/?$/.test(path) ? 'resolved' : 'firing'
    case 'victorops':
      return message['message_type'] === 'RECOVERY' ? 'resolved' : 'firing'
    case 'incidentio':
      return message['status'] === 'resolved' ? 'resolved' : 'firing'
    case 'slack': {
      const [attachment] = Array.isArray(message['attachments']) ? message['attachments'].map(mapping) : []
      const title = `${attachment?.['title'] ?? ''} ${attachment?.['fallback'] ?? ''} ${message['text'] ?? ''}`
      if (/\[(FIRING|RESOLVED)/.test(title)) return undefined
      return attachment?.['color'] === 'good' ? 'resolved' : 'firing'
    }
    default:
      return undefined
  }
}

/** Alertmanager's default subject (`[FIRING:1] ...`, `[RESOLVED] ...`) or the headings of its lists. */
function statusIn(text: string): Status {
  const resolved = /\[RESOLVED|^Alerts Resolved:/im.test(text)
  return resolved && !/\[FIRING:|^Alerts Firing:/im.test(text) ? 'resolved' : 'firing'
}

/** The lists that Alertmanager's default templates print: `Labels:` and then ` - name = value`; in mail without colon and dash. */
export function listedAlerts(text: string, status: Status): Alerts {
  const alerts: { labels: Record<string, string>; status: Status }[] = []
  let section = status
  let labels: Record<string, string> | undefined
  for (const line of text.split(/\r?\n/).map(each => each.trim())) {
    const heading = /^(?:\[\d+\] |Alerts )(Firing|Resolved):?$/i.exec(line)
    if (heading !== null) section = heading[1]?.toLowerCase() === 'resolved' ? 'resolved' : 'firing'
    if (/^\*?Labels:?\*?$/.test(line)) {
      labels = {}
      alerts.push({ labels, status: section })
      continue
    }
    const pair = /^(?:- )?([a-zA-Z_][a-zA-Z0-9_]*) = (.*)$/.exec(line)
    if (pair?.[1] !== undefined && labels !== undefined) labels[pair[1]] = pair[2] ?? ''
    else if (line !== '') labels = undefined
  }
  return alerts.filter(alert => 'alertname' in alert.labels)
}

/** Every text in the payload, in order. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsOf)
}

const SECRET = /^(routing_?key|service_?key|api_?key|authorization|password|(.*_)?token|(.*_)?secret)$/i

/** The payload as a record may hold it. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, SECRET.test(key) ? '<removed>' : withoutSecrets(inner)]),
  )
}

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function asStatus(value: unknown): Status {
  return value === 'resolved' ? 'resolved' : 'firing'
}

function asLabels(value: unknown): Labels {
  return Object.fromEntries(Object.entries(mapping(value)).map(([name, text]) => [name, String(text)]))
}
