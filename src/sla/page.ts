import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { utcMinute, utcSecond } from '../model/instant.ts'
import { lanesChart } from '../reports/charts.ts'
import { renderDocument } from '../reports/document.ts'
import { Badge, Banner, Picture, Table } from '../reports/parts.ts'
import type { SlaReport, SlaResult } from './evaluate.ts'
import { complianceText, currentText, leftText, minutes, targetText, usedText, windowText, worstText } from './words.ts'

/** The SLA report as one self-contained page. */
export function slaPage(report: SlaReport): string {
  const { table, results, verdict } = report
  const count = results.filter(result => result.now.verdict === 'met' && result.window.verdict === 'met').length
  return renderDocument({
    title: `${verdict}: ${table.title}`,
    eyebrow: `Service levels from ${report.prometheus}`,
    heading: table.title,
    body: html`
      <${Banner} verdict=${verdict} word=${words[verdict]}>
        <p>${count} of ${results.length} service levels comply now and are within their error budget.</p>
        <p class="small muted">${windowText(report)}</p>
      <//>
      <div class="card"><h2>Now</h2><${Table} caption="Every series must comply; of several the worst is named" quiet
        columns=${['SLA', 'Promised', 'Now', 'Verdict']}
        rows=${results.map(result => [
          html`${result.sla.name}<div class="small muted">${result.sla.description}</div>`,
          targetText(result),
          currentText(result),
          html`<${Badge} verdict=${result.now.verdict} /> <span class="small">${result.now.reason}</span>`,
        ])} /></div>
      <div class="card"><h2>Error budget</h2><${Table} caption="Time without data is not counted as used, but a verdict that depends on it is unknown"
        columns=${['SLA', 'Complied', 'Must comply', 'Allowed', 'Used', 'Left', 'Verdict']}
        rows=${results.map(result => [
          result.sla.name,
          complianceText(result),
          `${result.sla.availability} %`,
          minutes(result.window.budget.allowed),
          html`${usedText(result)}<${BudgetBar} result=${result} />`,
          leftText(result),
          html`<${Badge} verdict=${result.window.verdict} /> <span class="small">${result.window.reason}</span>`,
        ])} /></div>
      <div class="card"><h2>Over the window</h2><${Course} report=${report} />
        <${Table} caption="Queries and the worst value of the window" columns=${['SLA', 'Query', 'Worst']}
          rows=${results.map(result => [result.sla.name, html`<code>${result.sla.query}</code>`, worstText(result)])} /></div>`,
    footer: `Asked at ${utcSecond(report.at * 1000)} UTC, table ${table.file}.`,
  })
}

const words = { met: 'Met', unmet: 'Unmet', unknown: 'Unknown: data is missing' } as const

function BudgetBar({ result }: { result: SlaResult }): VNode {
  const { allowed, used } = result.window.budget
  const share = allowed === 0 ? (used === 0 ? 0 : 1) : Math.min(1, used / allowed)
  return html`<span class=${`bar ${result.window.verdict}`} aria-hidden="true"><span style=${`width: ${(share * 100).toFixed(1)}%`}></span></span>`
}

function Course({ report }: { report: SlaReport }): VNode {
  const { window, results } = report
  const axis = { from: (window.from - window.to) * 1000, to: 0, timeScale: 1 }
  const lanes = results.map(({ sla, window: over }) => ({
    label: sla.name,
    marks: over.spans.map(({ look, from, to }) => ({
      from: (from - window.to) * 1000,
      to: (to - window.to) * 1000,
      tone: look === 'breach' ? ('fault' as const) : ('ok' as const),
      open: look === 'blind',
    })),
  }))
  const alt = results.map(result => `${result.sla.name} complied ${complianceText(result)}`).join('; ')
  return html`<${Picture} title="When each complied" level=${3} alt=${alt} draw=${(width: number) => lanesChart(lanes, axis, width)}>
    <div class="legend">
      <span><i class="swatch" style="--c: var(--ok)"></i>complied</span>
      <span><i class="swatch" style="--c: var(--fault)"></i>did not</span>
      <span><i class="swatch open" style="--c: var(--ok)"></i>no data</span>
    </div>
    <div>Time before ${utcMinute(window.to * 1000)} UTC.</div>
  <//>`
}
