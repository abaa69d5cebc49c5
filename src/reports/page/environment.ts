import { html } from 'htm/preact'
import type { VNode } from 'preact'
import type { RunRecord, ScenarioRecord } from '../../model/record.ts'
import { Facts, Table } from '../parts.ts'

/** Exactly what ran: machine, programs, image ids, monitoring files with their hashes and the changes made to them. */
export function Environment({ record, sha256, open }: { record: RunRecord; sha256: string; open: boolean }): VNode {
  const { machine, harness } = record
  return html`<section id="environment" aria-labelledby="environment-title">
    <h2 id="environment-title">Environment and configuration</h2>
    <div class="card"><${Facts} facts=${[
      ['Machine', `${machine.hostname}, ${machine.platform}`],
      ['Cores and memory', `${machine.cores} cores, ${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB`],
      ['Runtime', record.runtime],
      ['Node', machine.node],
      [
        'Genesis Drill',
        `${harness.version}${harness.commit === undefined ? '' : `, commit ${harness.commit}`}${harness.dirty === true ? ', uncommitted changes' : ''}`,
      ],
      ['SHA-256 of record.json', html`<code>${sha256}</code>`],
    ]} /></div>
    <div class="card"><h3>Programs</h3>
      <${Table} caption="Versions and identities as reported by what ran" quiet columns=${['Service', 'Kind', 'Program', 'Version', 'Image or binary']} rows=${programs(record.scenarios)} /></div>
    <div class="card"><h3>Monitoring configuration</h3><${Configuration} scenarios=${record.scenarios} open=${open} /></div>
  </section>`
}

function programs(scenarios: readonly ScenarioRecord[]): string[][] {
  const rows = scenarios.flatMap(({ services }) =>
    services.flatMap(({ name, kind, facts }) =>
      facts.length === 0
        ? [[name, kind, 'played by the harness', '', '']]
        : facts.map(({ program, version, image, imageId, binary }) => [
            name,
            kind,
            program,
            version,
            [image, imageId, binary].filter(part => part !== undefined).join(' '),
          ]),
    ),
  )
  return [...new Map(rows.map(row => [JSON.stringify(row), row])).values()]
}

/** Scenarios that ran the same file in the same way share one entry. */
function Configuration({ scenarios, open }: { scenarios: readonly ScenarioRecord[]; open: boolean }): VNode {
  const used = Map.groupBy(
    scenarios.flatMap(({ scenario, configuration }) => configuration.map(file => ({ scenario, ...file }))),
    ({ file, sha256, diff }) => JSON.stringify([file, sha256, diff]),
  )
  if (used.size === 0) return html`<p class="muted">No monitoring file was used.</p>`
  return html`<ul class="plain">${[...used.values()].map(uses => {
    const [first] = uses
    return html`<li><strong>${first?.file}</strong>
      <div class="small muted">SHA-256 of the original <code>${first?.sha256}</code>; used by ${uses.map(({ scenario }) => scenario).join(', ')}</div>
      ${first?.notes.map(note => html`<div class="small">${note}</div>`)}
      ${
        first === undefined || first.diff === ''
          ? html`<div class="small muted">run as it is</div>`
          : html`<details open=${open}><summary>What was changed for this run</summary><pre>${first.diff
              .split('\n')
              .map((text, index) => html`${index === 0 ? '' : '\n'}<${DiffLine} text=${text} />`)}</pre></details>`
      }
    </li>`
  })}</ul>`
}

function DiffLine({ text }: { text: string }): VNode {
  const tone = text.startsWith('+') ? 'add' : text.startsWith('-') ? 'del' : ''
  return tone === '' ? html`<span>${text}</span>` : html`<span class=${tone}>${text}</span>`
}
