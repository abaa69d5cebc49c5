import { createHash } from 'node:crypto'
import { html as markup } from 'htm/preact'
import type { VNode } from 'preact'
import type { ReportFormat, RunRecord } from '../model/record.ts'
import { renderDocument } from './document.ts'
import { recordText } from './json.ts'
import { Auditor } from './page/auditor.ts'
import { Environment } from './page/environment.ts'
import { FirstScreen } from './page/first-screen.ts'
import { Limits } from './page/limits.ts'
import { Scenario } from './page/scenario.ts'
import { verdictSign } from './parts.ts'

export const html: ReportFormat = {
  summary: 'one self-contained page for people: screen, phone, paper',
  file: 'report.html',
  contentType: 'text/html; charset=utf-8',
  render: record => reportPage(record),
}

/** `open`: all evidence unfolded, for paper. */
export function reportPage(record: RunRecord, { open = false }: { open?: boolean } = {}): string {
  const sha256 = createHash('sha256').update(recordText(record)).digest('hex')
  const id = (index: number) => `scenario-${index + 1}`
  return renderDocument({
    title: `${record.verdict}: ${record.drill.title}, ${record.run}`,
    eyebrow: `Disaster-recovery drill report, ${record.drill.name}`,
    heading: record.drill.title,
    body: [
      markup`<${FirstScreen} record=${record} open=${open} />`,
      markup`<nav class="toc card" aria-label="Contents"><ul>
        ${record.scenarios.map(
          ({ title, verdict }, index) =>
            markup`<li><a href=${`#${id(index)}`}>${verdictSign(verdict)} ${title}</a></li>`,
        )}
        <li><a href="#auditor">For the auditor</a></li>
        <li><a href="#environment">Environment and configuration</a></li>
        <li><a href="#limits">What this report does not say</a></li>
      </ul></nav>`,
      ...record.scenarios.map(
        (scenario, index): VNode => markup`<${Scenario} scenario=${scenario} id=${id(index)} open=${open} />`,
      ),
      markup`<${Auditor} record=${record} />`,
      markup`<${Environment} record=${record} sha256=${sha256} open=${open} />`,
      markup`<${Limits} />`,
    ],
    footer: `Run ${record.run}, Genesis Drill ${record.harness.version}. Everything here is derived from record.json, SHA-256 ${sha256}.`,
  })
}
