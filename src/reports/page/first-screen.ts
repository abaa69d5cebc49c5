import { html } from 'htm/preact'
import type { ComponentChildren, VNode } from 'preact'
import { readableDuration } from '../../model/duration.ts'
import type { Measure, RunRecord, ScenarioRecord } from '../../model/record.ts'
import type { Verdict } from '../../model/verdict.ts'
import { deliveries, type Trouble, troubles, untold } from '../facts.ts'
import { Badge, Banner, EvidenceList, Facts, Provided, Table } from '../parts.ts'
import {
  amount,
  drillSeconds,
  headline,
  instant,
  measuredValue,
  measureName,
  objectiveValue,
  timeScales,
  wallDuration,
} from '../words.ts'

/** What an auditor and an engineer in the night need within ten seconds, before any scrolling. */
export function FirstScreen({ record, open }: { record: RunRecord; open: boolean }): VNode {
  const found = troubles(record)
  const damaged = record.scenarios.some(({ damage }) => damage.length > 0)
  return html`<section aria-label="Summary">
    <${Banner} verdict=${damaged ? 'unmet' : record.verdict} word=${damaged ? `Still damaged (verdict: ${record.verdict})` : capitals[record.verdict]}>
      <p>${headline(record)}</p>
      ${damaged ? html`<p><strong>A rollback failed. Undo what is listed below before anything else.</strong></p>` : null}
      <p class="small muted">${instant(record.startedAt)}, wall time ${wallDuration(record.endedAt - record.startedAt)},
        standing for ${readableDuration(drillSeconds(record.scenarios))} of drill time; ${timeScales(record.scenarios)}</p>
    <//>
    <div class="columns">
      <div class="card">
        <h2>${found.length === 0 ? 'What was shown' : 'What is wrong, and why'}</h2>
        ${found.length === 0 ? html`<${Shown} record=${record} />` : html`<${Troubles} troubles=${found} open=${open} />`}
      </div>
      <div class="card">
        <h2>Promised and measured</h2>
        <${Promises} scenarios=${record.scenarios} open=${open} />
      </div>
    </div>
    <div class="card">
      <h2>Which alert reached whom</h2>
      <${Told} scenarios=${record.scenarios} open=${open} />
    </div>
    <div class="card">
      <h2>The drill</h2>
      <${Facts} facts=${[
        ['Run', record.run],
        ['Drill', record.drill.file ?? record.drill.name],
        ['Started', instant(record.startedAt)],
        ['Ended', instant(record.endedAt)],
        ['Test lead', html`<${Provided} value=${record.drill.report.lead} />`],
        ['Approver', html`<${Provided} value=${record.drill.report.approver} />`],
        ['Plan and version', html`<${Provided} value=${record.drill.report.planVersion} />`],
        ['Environment', `${record.runtime} runtime on ${record.machine.hostname}`],
      ]} />
    </div>
  </section>`
}

const capitals = { met: 'Met', unmet: 'Unmet', unknown: 'Unknown: no verdict is possible' } as const

function Shown({ record }: { record: RunRecord }): VNode {
  return html`<ul class="plain">${record.scenarios.map(
    ({ title, verdict, findings }) => html`<li><${Badge} verdict=${verdict} /> ${title}
      <div class="small muted">${findings.length} ${findings.length === 1 ? 'expectation' : 'expectations'} met</div></li>`,
  )}</ul>`
}

function Troubles({ troubles: found, open }: { troubles: readonly Trouble[]; open: boolean }): VNode {
  return html`<ul class="plain">${found.map(
    ({ scenario, verdict, what, message, advice, expectation, evidence }) => html`<li>
      <${Badge} verdict=${verdict} /> <strong>${message}</strong>
      <div class="small muted">${scenario === '' ? what : `${scenario}: ${what}`}</div>
      ${expectation === undefined ? null : html`<div class="small">expected <code>${expectation}</code></div>`}
      ${advice === undefined ? null : html`<div class="small"><strong>${advice}</strong></div>`}
      <${EvidenceList} evidence=${evidence} open=${open} />
    </li>`,
  )}</ul>`
}

const measuredBy = {
  detect: 'timeToDetect',
  notify: 'timeToNotify',
  rto: 'recoveryTime',
  rpo: 'dataLossSeconds',
} as const

/** A promise with its verdict, so that what was not kept stands first and what was kept can fold away. */
interface Promised {
  readonly verdict: Verdict
  /** Somebody promised it. */
  readonly objective: boolean
  readonly cells: readonly ComponentChildren[]
}

const columns = ['Measure', 'Promised', 'Measured', 'Verdict']

function Promises({ scenarios, open }: { scenarios: readonly ScenarioRecord[]; open: boolean }): VNode {
  const rows = scenarios.flatMap(scenario => [
    ...scenario.measures.map(measure => promised(scenario, measure)),
    ...unmeasured(scenario),
  ])
  if (rows.length === 0) return html`<p class="muted">No scenario has an objective or a measure.</p>`
  const cells = (chosen: (row: Promised) => boolean) => rows.filter(chosen).map(row => row.cells)
  const broken = [...cells(row => row.verdict === 'unmet'), ...cells(row => row.verdict === 'unknown')]
  const kept = cells(row => row.verdict === 'met' && row.objective)
  const others = cells(row => row.verdict === 'met' && !row.objective)
  return html`
    ${broken.length + kept.length === 0 ? null : html`<${Folded} name="Objectives and measured values" columns=${columns} first=${broken} rest=${kept} restName="kept" open=${open} />`}
    ${
      others.length === 0
        ? null
        : html`<details open=${open || broken.length + kept.length === 0}><summary>${others.length} measured without an objective</summary>
    <${Table} caption="Measured without an objective" quiet columns=${columns} rows=${others} /></details>`
    }`
}

/** Long lists keep their important rows in sight and fold the rest. */
function Folded({
  name,
  columns,
  first,
  rest,
  restName,
  open,
}: {
  name: string
  columns: readonly string[]
  first: readonly (readonly ComponentChildren[])[]
  rest: readonly (readonly ComponentChildren[])[]
  restName: string
  open: boolean
}): VNode {
  if (first.length + rest.length <= MANY || rest.length === 0)
    return html`<${Table} caption=${name} quiet columns=${columns} rows=${[...first, ...rest]} />`
  return html`${first.length === 0 ? null : html`<${Table} caption=${name} quiet columns=${columns} rows=${first} />`}
    <details open=${open}><summary>${rest.length} ${restName}</summary>
    <${Table} caption=${`${name}: ${restName}`} quiet columns=${columns} rows=${rest} /></details>`
}

const MANY = 24

function promised(scenario: ScenarioRecord, measure: Measure): Promised {
  const value = measuredValue(measure)
  return {
    verdict: measure.verdict,
    objective: measure.objective !== undefined,
    cells: [
      html`${measureName(measure)}<div class="small muted">${scenario.scenario}: ${measure.subject}</div>`,
      objectiveValue(measure) ?? html`<span class="muted">no objective</span>`,
      value === undefined
        ? html`<span class="missing">NOT MEASURED</span>`
        : html`<span class="number">${value}</span><div class="small muted">${measure.time} time</div>`,
      html`<${Badge} verdict=${measure.verdict} />`,
    ],
  }
}

/** Objectives for which the run took no measure at all. */
function unmeasured({ scenario, objectives, measures }: ScenarioRecord): Promised[] {
  return Object.entries(objectives).flatMap(([key, seconds]): Promised[] => {
    const name = key as keyof typeof measuredBy
    if (measures.some(measure => measure.name === measuredBy[name])) return []
    return [
      {
        verdict: 'unknown',
        objective: true,
        cells: [
          html`${measureName({ name: measuredBy[name] })}<div class="small muted">${scenario}</div>`,
          `at most ${amount(seconds, 'seconds')}`,
          html`<span class="missing">NOT MEASURED</span>`,
          html`<${Badge} verdict="unknown" />`,
        ],
      },
    ]
  })
}

function Told({ scenarios, open }: { scenarios: readonly ScenarioRecord[]; open: boolean }): VNode {
  const told = scenarios.flatMap(scenario =>
    deliveries(scenario).map(({ alert, receiver, integration, status, at, count }) => [
      alert,
      html`<strong>${receiver}</strong> <span class="muted">by ${integration}</span>`,
      status,
      `${readableDuration((at / 1000) * scenario.timeScale)} drill`,
      String(count),
      scenario.scenario,
    ]),
  )
  const nobody = scenarios.flatMap(scenario =>
    untold(scenario).map(alert => [
      alert,
      html`<span class="missing">NOBODY</span>`,
      'firing',
      html`<span class="muted">never</span>`,
      '0',
      scenario.scenario,
    ]),
  )
  if (told.length + nobody.length === 0) return html`<p class="muted">No alert fired, and nobody was told anything.</p>`
  return html`<${Folded} name="Notifications as they arrived at the receivers"
    columns=${['Alert', 'Receiver', 'Status', 'First, since zero', 'Messages', 'Scenario']}
    first=${nobody} rest=${told} restName="notifications" open=${open} />`
}
