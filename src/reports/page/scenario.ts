import { html } from 'htm/preact'
import type { ComponentChildren, VNode } from 'preact'
import { readableDuration } from '../../model/duration.ts'
import type { ScenarioRecord } from '../../model/record.ts'
import { type Axis, curveChart, lanesChart } from '../charts.ts'
import { availability, curves, span, storyLanes } from '../facts.ts'
import { sentence, uncertainty } from '../log.ts'
import { Badge, EvidenceList, Facts, Picture, Table } from '../parts.ts'
import {
  amount,
  bothTimes,
  clockTime,
  instant,
  measuredValue,
  measureName,
  objectiveValue,
  wallDuration,
} from '../words.ts'

/** Everything about one scenario: story, pictures, findings, runbook, measures, faults, evidence. */
export function Scenario({ scenario, id, open }: { scenario: ScenarioRecord; id: string; open: boolean }): VNode {
  const K = scenario.timeScale
  return html`<section class="scenario" id=${id} aria-labelledby=${`${id}-title`}>
    <h2 id=${`${id}-title`}>${scenario.title} <${Badge} verdict=${scenario.verdict} /></h2>
    ${scenario.rationale === undefined ? null : html`<p>${scenario.rationale}</p>`}
    <div class="card"><${Facts} facts=${[
      ['Scenario', `${scenario.scenario} (${scenario.file})`],
      ['System', scenario.system],
      ['Started', instant(scenario.startedAt)],
      ['Wall time', wallDuration(scenario.endedAt - scenario.startedAt)],
      [
        'Time scale',
        K === 1
          ? 'K = 1: drill time is wall time'
          : `K = ${K}: 1 s of wall time stands for ${readableDuration(K)} of drill time`,
      ],
      ['Why this time scale', scenario.timeScaleReason],
      [
        'Did the engines keep up?',
        html`<${Badge} verdict=${scenario.fidelity.verdict} /> ${scenario.fidelity.message}`,
      ],
      ...scenario.attempts.map((attempt): [string, string] => [
        `Earlier attempt at K = ${attempt.timeScale}`,
        `${attempt.verdict}: ${attempt.message}`,
      ]),
    ]} /><${EvidenceList} evidence=${scenario.fidelity.evidence} open=${open} /></div>
    <${Pictures} scenario=${scenario} />
    <${Findings} scenario=${scenario} open=${open} />
    <${Runbook} scenario=${scenario} open=${open} />
    <${Measures} scenario=${scenario} />
    <${Faults} scenario=${scenario} open=${open} />
    <${Log} scenario=${scenario} open=${open} />
  </section>`
}

function Pictures({ scenario }: { scenario: ScenarioRecord }): VNode {
  const axis: Axis = { ...span(scenario), timeScale: scenario.timeScale }
  const lanes = storyLanes(scenario)
  const seen = availability(scenario)
  const scale =
    scenario.timeScale === 1
      ? 'Time since the steady state held.'
      : 'Time since the steady state held: above wall time, below drill time.'
  return html`<div class="card">
    <h3>What happened</h3>
    ${
      lanes.length === 0
        ? html`<p class="muted">Nothing was broken and no alert fired.</p>`
        : html`<${Picture} title="Fault, alert, notification, recovery" alt=${`Timeline of ${lanes.map(({ label }) => label).join('; ')}. The execution log has every instant.`}
          draw=${(width: number) => lanesChart(lanes, axis, width)}>
          <div class="legend"><${Key} tone="fault" text="fault in place" /><${Key} tone="firing" open text="alert pending" /><${Key} tone="firing" text="alert firing" /><${Key} tone="notice" diamond text="told: firing" /><${Key} tone="ok" diamond text="told: resolved" /><${Key} tone="step" text="runbook step" /></div>
          <div>${scale}</div>
        <//>`
    }
    ${
      seen.length === 0
        ? null
        : html`<${Picture} title="Availability as the probes saw it" alt=${seen.map(({ probe, ok, failed, unknown }) => `Probe ${probe}: ${ok} operations succeeded, ${failed} failed, ${unknown} without an answer`).join('. ')}
          draw=${(width: number) =>
            lanesChart(
              seen.map(({ lane }) => lane),
              axis,
              width,
            )}>
          <div class="legend"><${Key} tone="ok" text="succeeds" /><${Key} tone="fault" text="fails" /><${Key} tone="fault" open text="no answer: unknown" /></div>
        <//>
        <${Table} caption="Operations of the probes" quiet columns=${['Probe', 'Succeeded', 'Failed', 'Unknown', 'Answered by', 'Failures said']}
          rows=${seen.map(({ probe, ok, failed, unknown, servers, failures }) => [probe, ok, failed, unknown, servers.join('; '), failures.join('; ')])} />`
    }
    ${curves(scenario).map(
      curve => html`<${Picture} title=${curve.name} alt=${curveWords(curve)} draw=${(width: number) => curveChart(curve, axis, width)}>
        <code>${curve.query}</code>${' '}${curveWords(curve)}
      <//>`,
    )}
  </div>`
}

function curveWords(curve: ReturnType<typeof curves>[number]): string {
  const values = curve.points.flatMap(([, value]) => (value === null ? [] : [value]))
  const gaps = curve.points.length - values.length
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  return [
    values.length === 0
      ? 'never had a value'
      : `lowest ${Number(low.toPrecision(4))}, highest ${Number(high.toPrecision(4))}`,
    ...(curve.threshold === undefined ? [] : [`the alert's condition is ${curve.comparison ?? ''} ${curve.threshold}`]),
    ...(gaps === 0 ? [] : [`no value at ${gaps} of ${curve.points.length} looks`]),
  ].join('; ')
}

function Key({
  tone,
  text,
  open = false,
  diamond = false,
}: {
  tone: string
  text: string
  open?: boolean
  diamond?: boolean
}): VNode {
  return html`<span><i class=${`swatch${open ? ' open' : ''}${diamond ? ' diamond' : ''}`} style=${`--c: var(--${tone})`}></i>${text}</span>`
}

const lists = { steady: 'before the fault', expect: 'after the fault', after: 'after recovery' } as const

function Findings({ scenario, open }: { scenario: ScenarioRecord; open: boolean }): VNode {
  const rows = scenario.findings.map((finding): ComponentChildren[] => [
    html`<${Badge} verdict=${finding.verdict} />`,
    lists[finding.list],
    html`${finding.message}<div class="small muted"><code>${finding.expectation}</code></div>
      <${EvidenceList} evidence=${finding.evidence} open=${open} />`,
    bothTimes(finding.at, scenario.timeScale),
  ])
  return html`<div class="card"><h3>Findings</h3>${
    rows.length === 0
      ? html`<p class="muted">The run ended before any expectation was looked at.</p>`
      : html`<${Table} caption="What had to be true, and what was seen" quiet columns=${['Verdict', 'When', 'Finding', 'Seen at']} rows=${rows} />`
  }</div>`
}

function Runbook({ scenario, open }: { scenario: ScenarioRecord; open: boolean }): VNode {
  const zero = scenario.timeline[0]
  const wallOf = (at: number) => (zero === undefined ? '' : clockTime(zero.wall - zero.at + at))
  const rows = scenario.steps.map((step): ComponentChildren[] => [
    html`${step.step + 1}. ${step.name}<div class="small muted">${step.action}</div>`,
    step.outcome === 'not run' ? '' : html`<span class="number">${wallOf(step.startedAt)} UTC</span>`,
    step.endedAt === undefined ? '' : wallDuration(step.endedAt - step.startedAt),
    html`${step.outcome === 'failed' ? html`<strong>failed</strong>` : step.outcome}${step.message === undefined ? '' : `: ${step.message}`}
      <${EvidenceList} evidence=${step.evidence} open=${open} />`,
  ])
  return html`<div class="card"><h3>Recovery, step by step</h3>${
    rows.length === 0
      ? html`<p class="muted">No step of a runbook was executed.</p>`
      : html`<${Table} caption="The runbook as it was executed; wall time" columns=${['Step', 'Started', 'Took', 'Outcome']} rows=${rows} />`
  }</div>`
}

function Measures({ scenario }: { scenario: ScenarioRecord }): VNode {
  const rows = scenario.measures.map((measure): ComponentChildren[] => [
    html`${measureName(measure)}<div class="small muted">${measure.subject}</div>`,
    objectiveValue(measure) ?? html`<span class="muted">no objective</span>`,
    measuredValue(measure) ?? html`<span class="missing">NOT MEASURED</span>`,
    measure.unit === 'seconds' ? measure.time : '',
    html`<${Badge} verdict=${measure.verdict} /> ${measure.reason}`,
    measure.parts === undefined
      ? ''
      : html`<ul class="compact small">${measure.parts.map(part => html`<li>${part.name}: ${amount(part.value, measure.unit)} (${part.time})</li>`)}</ul>`,
  ])
  return html`<div class="card"><h3>Measures</h3>${
    rows.length === 0
      ? html`<p class="muted">Nothing was measured.</p>`
      : html`<${Table} caption="Detection and notification are drill time; recovery and data loss are physical and always wall time" columns=${['Measure', 'Promised', 'Measured', 'Time', 'Verdict', 'Made of']} rows=${rows} />`
  }</div>`
}

function Faults({ scenario, open }: { scenario: ScenarioRecord; open: boolean }): VNode {
  const when = (at: number | undefined, otherwise: string) =>
    at === undefined ? html`<span class="missing">${otherwise}</span>` : bothTimes(at, scenario.timeScale)
  return html`<div class="card"><h3>Faults</h3>${
    scenario.faults.length === 0
      ? html`<p class="muted">The scenario injects none.</p>`
      : html`<${Table} caption="Planned damage; times since the steady state held" columns=${['Fault', 'Injected', 'Rolled back', 'Evidence']}
          rows=${scenario.faults.map(fault => [
            html`${fault.name}<div class="small muted">${fault.kind}</div>`,
            when(fault.injectedAt, 'NEVER INJECTED'),
            when(fault.rolledBackAt, fault.injectedAt === undefined ? 'not needed' : 'NOT ROLLED BACK'),
            html`<${EvidenceList} evidence=${fault.evidence} open=${open} />`,
          ])} />`
  }</div>`
}

/** Pages must stay readable: the whole timeline is in timeline.jsonl. */
const LONGEST_LOG = 1500

function Log({ scenario, open }: { scenario: ScenarioRecord; open: boolean }): VNode {
  const said = scenario.timeline.flatMap(event => {
    const text = sentence(event)
    return text === undefined ? [] : [{ event, text }]
  })
  const rows = said.slice(0, LONGEST_LOG).map(({ event, text }) => {
    const within = uncertainty(event)
    return [
      html`<span class="number">${clockTime(event.wall)}</span>`,
      `${bothTimes(event.at, scenario.timeScale)}${within === undefined ? '' : ` (within ${Math.round(within)} ms wall)`}`,
      text,
    ]
  })
  return html`<div class="card"><h3>Execution log</h3>
    <details open=${open}><summary>${said.length} events, each with its instant</summary>
    <${Table} caption="UTC, and time since the steady state held" columns=${['UTC', 'Since zero', 'Event']} rows=${rows} />
    ${said.length > LONGEST_LOG ? html`<p>${said.length - LONGEST_LOG} more are in timeline.jsonl.</p>` : null}
    </details></div>`
}
