import { createHash } from 'node:crypto'
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import type { RunRecord } from '../../model/record.ts'
import { renderDocument } from '../document.ts'
import { recordText } from '../json.ts'
import { verdictSign } from '../parts.ts'
import { Auditor } from './auditor.ts'
import { Environment } from './environment.ts'
import { FirstScreen } from './first-screen.ts'
import { Limits } from './limits.ts'
import { Scenario } from './scenario.ts'

/** `open`: all evidence unfolded, for paper. */
export function reportPage(record: RunRecord, { open = false }: { open?: boolean } = {}): string {
  const sha256 = createHash('sha256').update(recordText(record)).digest('hex')
  const id = (index: number) => `scenario-${index + 1}`
  return renderDocument({
    title: `${record.verdict}: ${record.drill.title}, ${record.run}`,
    eyebrow: `Disaster-recovery drill report, ${record.drill.name}`,
    heading: record.drill.title,
    body: [
      html`<${FirstScreen} record=${record} open=${open} />`,
      html`<nav class="toc card" aria-label="Contents"><ul>
        ${record.scenarios.map(
          ({ title, verdict }, index) => html`<li><a href=${`#${id(index)}`}>${verdictSign(verdict)} ${title}</a></li>`,
        )}
        <li><a href="#auditor">For the auditor</a></li>
        <li><a href="#environment">Environment and configuration</a></li>
        <li><a href="#limits">What this report does not say</a></li>
      </ul></nav>`,
      ...record.scenarios.map(
        (scenario, index): VNode => html`<${Scenario} scenario=${scenario} id=${id(index)} open=${open} />`,
      ),
      html`<${Auditor} record=${record} />`,
      html`<${Environment} record=${record} sha256=${sha256} open=${open} />`,
      html`<${Limits} />`,
    ],
    footer: `Run ${record.run}, Genesis Drill ${record.harness.version}. Everything here is derived from record.json, SHA-256 ${sha256}.`,
  })
}
