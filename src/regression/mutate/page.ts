import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { renderDocument } from '../../reports/document.ts'
import { Facts, Table } from '../../reports/parts.ts'
import type { Fate, Mutant, MutationReport } from './mutant.ts'

/** One self-contained page: the score, what nobody would notice, each subject, and what was not counted and why. */
export function mutationPage(
  { mutants, subjects, killed, total, percent, seconds, notes }: MutationReport,
  at: Date,
): string {
  const survivors = mutants.filter(({ fate }) => fate === 'survived')
  const left = mutants.flatMap(mutant => (mutant.fate === 'not counted' ? [mutant] : []))
  const cells = (rows: readonly (readonly ComponentChildren[])[]) => rows
  const body = html`
    <section class="card">
      <${Facts}
        facts=${[
          ['Score', `${percent.toFixed(1)} %`],
          ['Noticed', `${killed} of ${total} changes`],
          ['Not counted', `${left.length}, each with its reason below`],
          ['Took', `${seconds.toFixed(1)} s`],
          ...notes.map(note => ['Note', note] as const),
        ]}
      />
    </section>
    <section class="card">
      <h2>Nobody would notice if</h2>
      ${
        survivors.length === 0
          ? html`<p>Every change was noticed.</p>`
          : html`<${Table} caption="Changes that no test noticed" quiet columns=${['change', 'kind', 'where']} rows=${cells(survivors.map(asRow))} />`
      }
    </section>
    <section class="card">
      <h2>Scores</h2>
      <${Table}
        caption="Changes that were noticed"
        quiet
        columns=${['of', 'noticed', 'share', 'file']}
        rows=${cells(
          subjects.map(one => [
            one.subject,
            `${one.killed} of ${one.total}`,
            html`<meter min="0" max=${one.total} value=${one.killed}></meter> ${((one.killed / Math.max(1, one.total)) * 100).toFixed(0)} %`,
            one.file,
          ]),
        )}
      />
    </section>
    <section class="card">
      <h2>Not counted</h2>
      <${Table}
        caption="Changes that cannot change the meaning, or could not be asked"
        quiet
        columns=${['change', 'reason', 'where']}
        rows=${cells(left.map(({ meaning, reason, file, line }) => [meaning, reason, place(file, line)]))}
      />
    </section>`
  return renderDocument({
    title: 'Mutation score',
    eyebrow: 'Genesis Drill: rules and routes',
    heading: `${percent.toFixed(1)} % of all changes would be noticed`,
    body,
    footer: `Written ${at.toISOString()}`,
  })
}

function asRow({ meaning, operator, file, line }: Mutant & Fate): readonly ComponentChildren[] {
  return [meaning, html`<span class="whole">${operator}</span>`, place(file, line)]
}

/** Breaks between folders, not in words. */
function place(file: string, line: number): ComponentChildren {
  const parts = file.split('/')
  return html`<span class="whole">${parts.map((part, index) => (index < parts.length - 1 ? html`${part}/<wbr />` : `${part}:${line}`))}</span>`
}
