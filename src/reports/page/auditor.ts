import { html } from 'htm/preact'
import type { ComponentChildren, VNode } from 'preact'
import type { RunRecord, ScenarioRecord } from '../../model/record.ts'
import { deliveries, troubles } from '../facts.ts'
import { Badge, Provided, Table } from '../parts.ts'
import {
  headline,
  instant,
  measuredValue,
  measureName,
  objectiveNames,
  objectiveValue,
  wallDuration,
} from '../words.ts'

/** The fields that auditors ask for, with who asks. What only people know is printed as NOT PROVIDED until somebody writes it into the drill file. */
export function Auditor({ record }: { record: RunRecord }): VNode {
  return html`<section id="auditor" aria-labelledby="auditor-title">
    <h2 id="auditor-title">For the auditor</h2>
    <div class="card"><${Table} caption="Fields of a disaster-recovery test report" columns=${['Field', 'This run', 'Asked for by']} rows=${fields(record)} /></div>
    <${CorrectiveActions} record=${record} />
    <${SignOff} record=${record} />
  </section>`
}

function fields(record: RunRecord): ComponentChildren[][] {
  const { drill, scenarios, harness } = record
  const { report } = drill
  const people = (value: string | readonly string[] | undefined) => html`<${Provided} value=${value} />`
  const labelled = (name: string, value: string | readonly string[] | undefined) =>
    html`<div><span class="muted">${name}: </span>${people(value)}</div>`
  const each = (text: (scenario: ScenarioRecord) => readonly string[]) => {
    const lines = scenarios.flatMap(scenario => text(scenario).map(line => `${scenario.scenario}: ${line}`))
    return lines.length === 0 ? html`<span class="muted">none in this run</span>` : html`<${Lines} lines=${lines} />`
  }
  const rows: [string, ComponentChildren, string][] = [
    [
      'Drill id, report version',
      `${record.run}; drill ${drill.name}; record version ${record.version}`,
      'DORA RTS 2024/1774 Art. 25, NIS2',
    ],
    ['Test type', people(report.testType), 'NIST SP 800-53 CP-4, HIPAA, NIS2'],
    [
      'Automated mechanism',
      `Genesis Drill ${harness.version}${harness.commit === undefined ? '' : `, commit ${harness.commit}`}${harness.dirty === true ? ' with uncommitted changes' : ''}`,
      'CP-4(3)',
    ],
    [
      'Plan under test, risk assessment',
      html`${labelled('Plan', report.planVersion)}${labelled('Risk assessment', report.riskAssessment)}`,
      'DORA RTS Art. 25(1), ISO 22301 8.5, ISO 27001 A.5.30',
    ],
    [
      'Scope and exclusions',
      html`${labelled('Scope', report.scope)}${labelled('Exclusions', report.exclusions)}<div><span class="muted">Executed on: </span>${systems(scenarios)}</div>`,
      'SP 800-84, SAMA, NIS2, DORA RTS Art. 25(2)',
    ],
    [
      'Objectives and assumptions, fixed before the run',
      html`${each(({ objectives }) => Object.entries(objectives).map(([name, value]) => `${objectiveNames[name as keyof typeof objectiveNames]} at most ${wallDuration((value ?? 0) * 1000)}`))}${labelled('Assumptions', report.assumptions)}`,
      'SP 800-84, MAS TRM 8.3.2, ISO 22301 8.5',
    ],
    [
      'Scenarios and why they were chosen',
      each(({ title, rationale }) => [`${title}. ${rationale ?? 'Rationale NOT PROVIDED'}`]),
      'SOC 2 A1.3, DORA RTS Art. 25(2)(a), ISO 22301',
    ],
    [
      'Switchover and recovery exercised',
      each(({ steps }) => steps.map(({ step, name, outcome }) => `step ${step + 1} ${name}: ${outcome}`)),
      'DORA RTS Art. 25(2)(c), CP-4(2), SP 800-34',
    ],
    ['Third parties and providers', people(report.thirdParties), 'DORA RTS Art. 25(2)(b)'],
    [
      'Start, end, duration',
      `${instant(record.startedAt)} to ${instant(record.endedAt)}, ${wallDuration(record.endedAt - record.startedAt)}; every step has its instant in the execution log`,
      'all',
    ],
    [
      'Test lead, participants',
      html`${labelled('Lead', report.lead)}${labelled('Participants', report.participants)}`,
      'SP 800-84, HIPAA, DORA Art. 24, NIS2',
    ],
    [
      'Objectives against actual values',
      each(({ measures }) =>
        measures.map(
          measure =>
            `${measureName(measure)}, ${measure.subject}: ${measuredValue(measure) ?? 'NOT MEASURED'}${measure.objective === undefined ? '' : ` (${objectiveValue(measure)})`}, ${measure.verdict}`,
        ),
      ),
      'SOC 2 A1.3, ISO 27001 A.5.30, NIS2, DORA',
    ],
    [
      'Detection and notification',
      each(scenario =>
        deliveries(scenario).map(
          ({ alert, receiver, integration, status, wall }) =>
            `${alert} ${status} reached ${receiver} by ${integration} at ${instant(wall)}`,
        ),
      ),
      'SP 800-34, HIPAA, NIS2, PCI DSS 12.10.5, DORA RTS Art. 25(2)(d)',
    ],
    [
      'Backup used, its integrity',
      each(({ steps }) =>
        steps
          .filter(({ evidence }) => evidence.length > 0)
          .map(
            ({ step, evidence }) =>
              `evidence of step ${step + 1}: "${evidence.map(({ title }) => title).join('", "')}"`,
          ),
      ),
      'SOC 2 A1.3, CP-9(1), CP-9(2), ISO 27001 A.8.13',
    ],
    [
      'Data validation after recovery',
      each(({ findings, timeline }) => [
        ...findings.filter(({ list }) => list === 'after').map(({ verdict, message }) => `${verdict}: ${message}`),
        ...timeline.flatMap(event =>
          event.event === 'ledger'
            ? [
                event.failure === undefined
                  ? `ledger of ${event.probe}: ${event.acknowledged} acknowledged writes, ${event.lost} lost`
                  : `ledger of ${event.probe} could not be read: ${event.failure}`,
              ]
            : [],
        ),
      ]),
      'SOC 2 A1.3, CP-4(4)',
    ],
    [
      'Return to normal',
      each(({ faults, damage }) => [
        ...faults
          .filter(({ injectedAt }) => injectedAt !== undefined)
          .map(
            ({ name, rolledBackAt }) =>
              `fault ${name}: ${rolledBackAt === undefined ? 'NOT ROLLED BACK' : 'rolled back'}`,
          ),
        ...damage.map(({ what }) => `STILL DAMAGED: ${what}`),
      ]),
      'SP 800-34 3.5.1, CP-4(4)',
    ],
    [
      'Security controls kept',
      html`<div>Faults touch only services that the run started itself; secrets are kept out of records.</div>${labelled('Controls in scope', report.controls)}`,
      'ISO 27001 A.5.29',
    ],
    [
      'Execution log, deviations',
      'Section "Execution log" of each scenario; timeline.jsonl has every event',
      'DORA, MAS TRM, SAMA',
    ],
    ['Observations and root causes', html`<${Lines} lines=${observations(record)} />`, 'SP 800-84, SOC 2 CC7.5, NIS2'],
    [
      'Corrective actions',
      people(report.correctiveActions),
      'CP-4(c), SOC 2 A1.3, ISO 22301, DORA Art. 24, HIPAA, NIS2',
    ],
    ['Review and approval', labelled('Approver', report.approver), 'CP-4(b), DORA RTS Art. 25 and 40, NIS2'],
    [
      'Environment, versions, hashes',
      'Section "Environment and configuration"; evidence/SHA256SUMS',
      'DORA, auditing practice',
    ],
    [
      'Frequency',
      html`<div>${drill.previousRun === undefined ? 'Previous run: none recorded' : `Previous run: ${drill.previousRun.run}, ${instant(drill.previousRun.startedAt)}, ${drill.previousRun.verdict}`}</div><div>${drill.nextDue === undefined ? 'Next due: no schedule' : `Next due: ${instant(drill.nextDue)}`}</div>${drill.schedule === undefined ? null : html`<div>Schedule: <code>${drill.schedule.cron}</code> ${drill.schedule.timezone}</div>`}`,
      'CP-4(a), PCI DSS 12.10.2, DORA Art. 11(6), ISO, NIS2',
    ],
    ['Retention', people(report.retention), 'HIPAA 164.316 (6 years), NIS2 (3 years)'],
    [
      'Overall result',
      html`<${Badge} verdict=${record.verdict} /> ${headline(record)} "Passed with conditions" is for the approver to say, below.`,
      'NIS2, FFIEC',
    ],
  ]
  return rows.map(([name, value, source], index) => [
    `${index + 1}. ${name}`,
    value,
    html`<span class="small muted">${source}</span>`,
  ])
}

function observations(record: RunRecord): string[] {
  const found = troubles(record).map(
    ({ scenario, verdict, message }) => `${verdict}: ${scenario === '' ? '' : `${scenario}: `}${message}`,
  )
  return found.length === 0 ? ['none'] : [...found, 'Root causes: NOT PROVIDED (a person determines them)']
}

function Lines({ lines }: { lines: readonly string[] }): VNode {
  return html`${lines.map(line => html`<div>${line}</div>`)}`
}

function systems(scenarios: readonly ScenarioRecord[]): string {
  const bySystem = Map.groupBy(scenarios, ({ system }) => system)
  return [...bySystem]
    .map(
      ([system, runs]) =>
        `${system} (${[...new Set(runs.flatMap(({ services }) => services.map(({ name }) => name)))].join(', ')})`,
    )
    .join('; ')
}

/** One line for each thing that is wrong, so that the meeting can fill it in on paper. */
function CorrectiveActions({ record }: { record: RunRecord }): VNode {
  const found = troubles(record)
  const planned = [record.drill.report.correctiveActions ?? []].flat()
  const rows = [
    ...planned.map(action => [action, '', '', '', '']),
    ...found.map(({ message }) => [message, '', '', '', '']),
  ].map(([text], index) => [
    `${index + 1}. ${text}`,
    ...Array.from({ length: 4 }, () => html`<span class="missing">NOT PROVIDED</span>`),
  ])
  return html`<div class="card"><h3>Corrective actions</h3>${
    rows.length === 0
      ? html`<p class="muted">Nothing was found that needs one.</p>`
      : html`<${Table} caption="Each observation needs an owner, a date and a retest" columns=${['Observation or action', 'Action', 'Owner', 'Due', 'Retest']} rows=${rows} />`
  }</div>`
}

function SignOff({ record }: { record: RunRecord }): VNode {
  const { lead, approver } = record.drill.report
  const line = (role: string, name: string | readonly string[] | undefined) => [
    role,
    html`<${Provided} value=${name} />`,
    '',
    '',
    '',
  ]
  return html`<div class="card lines"><h3>Sign-off</h3><${Table} caption="Result as accepted: met / met with conditions / unmet"
    columns=${['Role', 'Name', 'Result and conditions', 'Date', 'Signature']} rows=${[
      line('Test lead', lead),
      line('Approver', approver),
      line('Management', undefined),
    ]} /></div>`
}
