import type { Evidence } from '../model/finding.ts'
import type { Measure, RunRecord, ScenarioRecord } from '../model/record.ts'
import type { Labels, TimelineEvent } from '../model/timeline.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Curve, Lane, Mark } from './charts.ts'
import { measuredValue, measureName, objectiveValue } from './words.ts'

/** What the readers of a record look for, derived from it and from nothing else. */

type Of<Name extends TimelineEvent['event']> = Extract<TimelineEvent, { event: Name }>

function events<Name extends TimelineEvent['event']>(timeline: readonly TimelineEvent[], ...names: Name[]): Of<Name>[] {
  const wanted: readonly string[] = names
  return timeline.filter((event): event is Of<Name> => wanted.includes(event.event))
}

/** Something that is not as it was promised, gravest first. */
export interface Trouble {
  readonly scenario: string
  readonly verdict: Verdict
  readonly what: string
  readonly message: string
  readonly advice?: string
  readonly expectation?: string
  readonly evidence: readonly Evidence[]
}

export function troubles(record: RunRecord): readonly Trouble[] {
  const run: Trouble[] =
    record.failure === undefined
      ? []
      : [{ scenario: '', verdict: 'unknown', what: 'the run', message: record.failure.message, evidence: [] }]
  return [
    ...record.scenarios.flatMap(damages),
    ...run,
    ...record.scenarios.flatMap(scenario => scenarioTroubles(scenario, 'unmet')),
    ...record.scenarios.flatMap(harnessErrors),
    ...record.scenarios.flatMap(scenario => scenarioTroubles(scenario, 'unknown')),
  ]
}

function damages({ scenario, damage }: ScenarioRecord): Trouble[] {
  return damage.map(({ what, undo }) => ({
    scenario,
    verdict: 'unmet',
    what: 'STILL DAMAGED',
    message: what,
    advice: `To undo: ${undo}`,
    evidence: [],
  }))
}

function harnessErrors({ scenario, errors }: ScenarioRecord): Trouble[] {
  return errors.map(({ message, advice, lastLog }) => ({
    scenario,
    verdict: 'unknown',
    what: 'the harness failed',
    message,
    ...(advice === undefined ? {} : { advice }),
    evidence: lastLog === undefined ? [] : [{ kind: 'text', title: 'last log lines', text: lastLog }],
  }))
}

function scenarioTroubles(scenario: ScenarioRecord, verdict: Verdict): Trouble[] {
  const name = scenario.scenario
  return [
    ...scenario.findings
      .filter(finding => finding.verdict === verdict)
      .map(({ kind, message, expectation, evidence }) => ({
        scenario: name,
        verdict,
        what: kind,
        message,
        expectation,
        evidence,
      })),
    ...scenario.measures
      .filter(measure => measure.verdict === verdict)
      .map(measure => ({
        scenario: name,
        verdict,
        what: 'objective',
        message: objectiveMessage(measure),
        evidence: [],
      })),
    ...scenario.steps
      .filter(({ outcome }) => verdict === 'unmet' && outcome === 'failed')
      .map(step => ({
        scenario: name,
        verdict,
        what: 'runbook step',
        message: `${step.name} failed${step.message === undefined ? '' : `: ${step.message}`}`,
        evidence: step.evidence,
      })),
    ...(scenario.fidelity.verdict === verdict
      ? [
          {
            scenario: name,
            verdict,
            what: 'fidelity',
            message: scenario.fidelity.message,
            evidence: scenario.fidelity.evidence,
          },
        ]
      : []),
  ]
}

function objectiveMessage(measure: Measure): string {
  const name = `${measureName(measure)} of ${measure.subject}`
  const value = measuredValue(measure)
  if (value === undefined) return `${name} could not be measured: ${measure.reason ?? 'no reason recorded'}`
  const promised = objectiveValue(measure)
  const figures = promised === undefined ? `${name} is ${value}` : `${name} is ${value}, promised ${promised}`
  return measure.reason === undefined ? figures : `${figures}: ${measure.reason}`
}

/** One alert at one receiver: what was told, when first. `at` is on the drill clock, `wall` for people. */
export interface Delivery {
  readonly alert: string
  readonly receiver: string
  readonly integration: string
  readonly status: 'firing' | 'resolved'
  readonly at: number
  readonly wall: number
  readonly count: number
}

export function deliveries({ timeline }: ScenarioRecord): readonly Delivery[] {
  const found = new Map<string, Delivery>()
  for (const { receiver, integration, index, alerts, at, wall } of events(timeline, 'notification'))
    for (const { alert, status } of distinctAlerts(alerts)) {
      const key = JSON.stringify([alert, receiver, integration, index, status])
      const earlier = found.get(key)
      found.set(
        key,
        earlier === undefined
          ? { alert, receiver, integration: `${integration}[${index}]`, status, at, wall, count: 1 }
          : { ...earlier, count: earlier.count + 1 },
      )
    }
  return [...found.values()].toSorted((a, b) => a.at - b.at)
}

/** A group may hold many series of one alert; it is one message about that alert. */
function distinctAlerts(alerts: Of<'notification'>['alerts']) {
  const names = new Map(
    alerts.map(({ labels, status }) => {
      const alert = labels['alertname'] ?? '(no alertname)'
      return [JSON.stringify([alert, status]), { alert, status }]
    }),
  )
  return [...names.values()]
}

/** Alerts that were pending or fired but of which no receiver heard: the first question at 3 a.m. */
export function untold(scenario: ScenarioRecord): readonly string[] {
  const told = new Set(deliveries(scenario).map(({ alert }) => alert))
  const fired = events(scenario.timeline, 'alert').filter(({ state }) => state === 'firing')
  return [...new Set(fired.map(({ alert }) => alert))].filter(alert => !told.has(alert))
}

/** From the steady state to the end, in milliseconds of the drill clock. */
export function span({ timeline }: ScenarioRecord): { readonly from: number; readonly to: number } {
  const steady = events(timeline, 'phase').find(({ phase }) => phase === 'steady')?.at
  const ends = timeline.map(event => (event.event === 'probe' ? Math.max(event.at, event.until) : event.at))
  const to = ends.reduce((a, b) => Math.max(a, b), 0)
  return { from: steady ?? ends.reduce((a, b) => Math.min(a, b), 0), to: Math.max(to, 1) }
}

/** The story as lanes: faults, alerts, notifications, recovery. */
export function storyLanes(scenario: ScenarioRecord): readonly Lane[] {
  const { timeline, faults, steps } = scenario
  const { to } = span(scenario)
  const told = Map.groupBy(
    events(timeline, 'notification'),
    ({ receiver, integration }) => `${receiver} by ${integration}`,
  )
  return [
    ...faults
      .filter(({ injectedAt }) => injectedAt !== undefined)
      .map(
        ({ name, kind, injectedAt = 0, rolledBackAt }): Lane => ({
          label: `Fault: ${name} (${kind})`,
          marks: [{ from: injectedAt, to: rolledBackAt ?? to, tone: 'fault' }],
        }),
      ),
    ...alertLanes(timeline, to),
    ...[...told].map(
      ([receiver, sent]): Lane => ({
        label: `Told: ${receiver}`,
        marks: sent.map(({ at, status }) => ({ from: at, tone: status === 'firing' ? 'notice' : 'ok' })),
      }),
    ),
    ...(steps.some(({ outcome }) => outcome !== 'not run')
      ? [
          {
            label: 'Recovery: steps of the runbook',
            marks: steps
              .filter(({ outcome }) => outcome !== 'not run')
              .map(
                ({ startedAt, endedAt, outcome }): Mark => ({
                  from: startedAt,
                  to: endedAt ?? to,
                  tone: outcome === 'failed' ? 'fault' : 'step',
                }),
              ),
          },
        ]
      : []),
  ]
}

function alertLanes(timeline: readonly TimelineEvent[], to: number): Lane[] {
  const series = Map.groupBy(events(timeline, 'alert'), ({ alert, labels }) => JSON.stringify([alert, labels]))
  return [...series.values()].flatMap((states): Lane[] => {
    const [first] = states
    if (first === undefined) return []
    const marks = states.flatMap(({ state, at }, index): Mark[] =>
      state === 'pending' || state === 'firing'
        ? [{ from: at, to: states[index + 1]?.at ?? to, tone: 'firing', open: state === 'pending' }]
        : [],
    )
    return marks.length === 0 ? [] : [{ label: `Alert: ${first.alert}${labelText(first.labels)}`, marks }]
  })
}

/** Labels that tell series of one alert apart; name and severity are known to the reader. */
function labelText(labels: Labels): string {
  const rest = Object.entries(labels).filter(([name]) => name !== 'alertname' && name !== 'severity')
  return rest.length === 0 ? '' : ` {${rest.map(([name, value]) => `${name}=${value}`).join(', ')}}`
}

/** What clients saw, per probe. `outages` are spans without any success, in milliseconds of the drill clock. */
export interface Availability {
  readonly probe: string
  readonly ok: number
  readonly failed: number
  readonly unknown: number
  readonly servers: readonly string[]
  readonly failures: readonly string[]
  readonly lane: Lane
}

export function availability({ timeline, probes }: ScenarioRecord): readonly Availability[] {
  const byProbe = Map.groupBy(events(timeline, 'probe'), ({ probe }) => probe)
  return [...byProbe].map(([probe, operations]) => {
    const count = (outcome: Of<'probe'>['outcome']) =>
      operations.reduce((sum, operation) => sum + (operation.outcome === outcome ? operation.count : 0), 0)
    const kind = probes.find(({ name }) => name === probe)?.kind
    return {
      probe,
      ok: count('ok'),
      failed: count('failed'),
      unknown: count('unknown'),
      servers: [...new Set(operations.flatMap(({ server }) => (server === undefined ? [] : [server])))],
      failures: [
        ...new Set(operations.flatMap(({ outcome, message }) => (outcome !== 'ok' && message ? [message] : []))),
      ],
      lane: {
        label: kind === undefined ? probe : `${probe} (${kind})`,
        marks: operations.map(({ at, until, outcome }) => ({
          from: at,
          to: until,
          tone: outcome === 'ok' ? 'ok' : 'fault',
          open: outcome === 'unknown',
        })),
      },
    }
  })
}

/** Each sampled metric as a curve; a sample without a value is a gap. */
export function curves({ timeline }: ScenarioRecord): readonly (Curve & { readonly query: string })[] {
  const byQuery = Map.groupBy(events(timeline, 'sample'), ({ name, query }) => JSON.stringify([name, query]))
  return [...byQuery.values()].flatMap(samples => {
    const [first] = samples
    if (first === undefined) return []
    const { name, query, threshold, comparison } = first
    return [
      {
        name,
        query,
        ...(threshold === undefined ? {} : { threshold }),
        ...(comparison === undefined ? {} : { comparison }),
        points: samples.map(({ at, value }) => [at, value] as const),
      },
    ]
  })
}
