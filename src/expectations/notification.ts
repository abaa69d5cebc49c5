import { z } from 'zod'
import { labelPatterns } from '../model/fields.ts'
import type { ExpectationKind, RunContext } from '../model/kind.ts'
import type { Labels, TimelineEvent } from '../model/timeline.ts'
import { matchesRegex, regexProblem } from '../promql/regex.ts'
import { compares, scalar, shown } from './comparison.ts'
import { partAt, textsIn } from './json-path.ts'
import { describePatterns, matches, requireRegexes } from './labels.ts'

const fragment = z.union([
  z.strictObject({ contains: z.string().min(1).describe('a text somewhere in the payload') }),
  z.strictObject({
    path: z.string().min(1).describe('a place in the payload, such as payload.severity or alerts[0].labels.job'),
    equals: scalar,
  }),
  z.strictObject({ path: z.string().min(1), matches: z.string().describe('RE2, fully anchored') }),
])
type Fragment = z.output<typeof fragment>

const spec = z.strictObject({
  alert: z.string().min(1),
  receiver: z.string().min(1).describe('as alertmanager.yml names it'),
  via: z.string().min(1).optional().describe('the integration: webhook, slack, pagerduty, email ...'),
  status: z.enum(['firing', 'resolved']).default('firing'),
  labels: labelPatterns.default({}),
  payload: z.array(fragment).default([]).describe('what the payload that arrived must hold, all of it'),
})
type Spec = z.output<typeof spec>
type Notification = Extract<TimelineEvent, { event: 'notification' }>

export const notification: ExpectationKind<Spec> = {
  summary: 'A notification about an alert has arrived at a receiver, rendered by the real Alertmanager.',
  spec,
  example: `
kind: notification
alert: HighReplicationLag
receiver: dr_critical
via: pagerduty
status: firing
payload:
  - { contains: replication }
  - { path: payload.severity, equals: critical }
`,
  needs: () => [],
  async check(wanted, run) {
    requireRegexes(wanted.labels)
    for (const part of wanted.payload) requireFragment(part)
    const about = arrivals(run).filter(({ alerts, ...rest }) => isAbout(wanted, alerts, rest))
    const addressed = about.filter(
      ({ receiver, integration }) =>
        receiver === wanted.receiver && (wanted.via === undefined || integration === wanted.via),
    )
    const arrived = addressed.find(({ payload }) => wanted.payload.every(part => holds(part, payload)))
    const subject = `a ${wanted.status} notification about ${wanted.alert}${describePatterns(wanted.labels)}`
    const address = `receiver ${wanted.receiver}${wanted.via === undefined ? '' : ` via ${wanted.via}`}`
    if (arrived !== undefined) {
      const message = `${subject} arrived at ${address}`
      return { verdict: 'met', message, evidence: [{ kind: 'json', title: 'payload', value: arrived.payload }] }
    }
    const labels = plainLabels(wanted)
    return {
      verdict: 'unmet',
      message: `expected ${subject} at ${address}, seen: ${seen(wanted, addressed, about, run)}`,
      evidence: [
        ...addressed.map(({ payload }) => ({ kind: 'json', title: 'payload', value: payload }) as const),
        ...(await run.monitoring.explainNotification({ alert: wanted.alert, labels, receiver: wanted.receiver })),
      ],
    }
  },
}

/** What arrived since the first fault: before it, only the steady state can have been told of. */
function arrivals(run: RunContext): readonly Notification[] {
  const fault = run.events.find(({ event }) => event === 'fault.injecting')
  const since = fault?.at ?? Number.NEGATIVE_INFINITY
  return run.events.filter(event => event.event === 'notification').filter(({ at }) => at >= since)
}

function isAbout(
  wanted: Spec,
  alerts: Notification['alerts'],
  { groupLabels, status, payload }: Pick<Notification, 'groupLabels' | 'status' | 'payload'>,
): boolean {
  const named = (labels: Labels) => labels['alertname'] === wanted.alert && matches(labels, wanted.labels)
  if (alerts.length > 0) return alerts.some(alert => alert.status === wanted.status && named(alert.labels))
  // A custom template may print no labels; then the group and the text must do.
  if (status !== wanted.status || !matches(groupLabels, wanted.labels)) return false
  return named(groupLabels) || textsIn(payload).some(text => text.includes(wanted.alert))
}

function holds(part: Fragment, payload: unknown): boolean {
  if ('contains' in part) return textsIn(payload).some(text => text.includes(part.contains))
  const value = partAt(payload, part.path)
  if ('equals' in part) return value !== undefined && compares(value, '==', part.equals)
  return typeof value === 'string' && matchesRegex(part.matches, value)
}

function requireFragment(part: Fragment): void {
  const problem = 'matches' in part ? regexProblem(part.matches) : undefined
  if (problem !== undefined) throw new Error(`payload: ${shown(part)} is no regular expression: ${problem}`)
}

function seen(
  wanted: Spec,
  addressed: readonly Notification[],
  about: readonly Notification[],
  run: RunContext,
): string {
  const last = addressed.at(-1)
  if (last !== undefined) {
    const missing = wanted.payload.filter(part => !holds(part, last.payload))
    return `${addressed.length} arrived there, the last one ${missing.map(part => lacking(part, last.payload)).join(' and ')}`
  }
  if (about.length > 0) return `it arrived at ${listed(about)} instead`
  const others = arrivals(run).filter(({ receiver }) => receiver === wanted.receiver)
  return others.length === 0
    ? 'nothing arrived there'
    : `${others.length} arrived there, but none of that alert and status`
}

function lacking(part: Fragment, payload: unknown): string {
  if ('contains' in part) return `without the text ${shown(part.contains)}`
  const value = shown(partAt(payload, part.path))
  return `with ${part.path} = ${value} instead of ${'equals' in part ? shown(part.equals) : `a match of ${part.matches}`}`
}

function listed(notifications: readonly Notification[]): string {
  return [...new Set(notifications.map(({ receiver, integration }) => `${receiver} via ${integration}`))].join(', ')
}

function plainLabels({ labels }: Spec): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, pattern]) => (typeof pattern === 'string' ? [[name, pattern]] : [])),
  )
}
