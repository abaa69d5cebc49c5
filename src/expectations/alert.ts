import { type AlertExpectation, alertExpectation } from '../model/alert-expectation.ts'
import type { ExpectationKind, PrometheusAlert, RunContext } from '../model/kind.ts'
import { describeLabels, describePatterns, matches, requireRegexes } from './labels.ts'

export const alert: ExpectationKind<AlertExpectation> = {
  summary: 'An alert is inactive, pending, firing or resolved in Prometheus.',
  spec: alertExpectation,
  example: `
kind: alert
alert: HighReplicationLag
state: firing
labels: { severity: critical, instance: { matches: 'standby.*' } }
`,
  detects: true,
  needs: () => [],
  async check(wanted, run) {
    requireRegexes(wanted.labels)
    requireRegexes(wanted.annotations)
    const active = (await run.monitoring.alerts()).filter(({ labels }) => labels['alertname'] === wanted.alert)
    const matching = active.filter(
      ({ labels, annotations }) => matches(labels, wanted.labels) && matches(annotations, wanted.annotations),
    )
    const subject = `${wanted.alert}${describePatterns(wanted.labels)}`
    const fired = wanted.state === 'resolved' && hasFired(wanted, run)
    if (holds(wanted.state, matching, fired)) {
      const evidence = matching.map(asEvidence)
      return { verdict: 'met', message: `${subject} is ${wanted.state}`, evidence }
    }
    const annotated = describePatterns(wanted.annotations)
    return {
      verdict: 'unmet',
      message: `expected ${subject} to be ${wanted.state}${annotated === '' ? '' : ` with annotations${annotated}`}, seen: ${seen(wanted, matching, active, fired)}`,
      evidence: [...active.map(asEvidence), ...(await run.monitoring.explainAlert(wanted.alert, plainLabels(wanted)))],
    }
  },
}

function holds(state: AlertExpectation['state'], matching: readonly PrometheusAlert[], fired: boolean): boolean {
  switch (state) {
    case 'inactive':
      return matching.length === 0
    case 'pending':
    case 'firing':
      return matching.some(alert => alert.state === state)
    case 'resolved':
      return fired && matching.length === 0
  }
}

/** Only an alert that fired in this run can be resolved. */
function hasFired(wanted: AlertExpectation, run: RunContext): boolean {
  return run.events.some(
    event =>
      event.event === 'alert' &&
      event.state === 'firing' &&
      event.alert === wanted.alert &&
      matches(event.labels, wanted.labels),
  )
}

function seen(
  wanted: AlertExpectation,
  matching: readonly PrometheusAlert[],
  active: readonly PrometheusAlert[],
  fired: boolean,
): string {
  if (matching.length > 0) return matching.map(({ state, labels }) => `${state} ${describeLabels(labels)}`).join(', ')
  if (wanted.state === 'resolved' && !fired) return 'it never fired in this run'
  if (active.length === 0) return 'inactive'
  const others = active.map(({ state, labels, annotations }) => {
    const differing = matches(labels, wanted.labels) ? ` with annotations ${describeLabels(annotations)}` : ''
    return `${state} ${describeLabels(labels)}${differing}`
  })
  return `${others.join(', ')}, which does not match`
}

function asEvidence({ labels, annotations, state, value, activeAt }: PrometheusAlert) {
  return {
    kind: 'values',
    title: `${labels['alertname']} in Prometheus`,
    values: {
      state,
      labels: describeLabels(labels),
      annotations: describeLabels(annotations),
      value,
      'active since': activeAt,
    },
  } as const
}

/** The labels whose value is known beforehand: an explanation can look for them. */
function plainLabels({ labels }: AlertExpectation): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, pattern]) => (typeof pattern === 'string' ? [[name, pattern]] : [])),
  )
}
