import { html } from 'htm/preact'
import type { VNode } from 'preact'

/** What a reader must not conclude. Also said in summary.md's full report, never left out. */
export const limits: readonly string[] = [
  'A killed process says nothing about power loss: what the operating system had cached survives a kill and does not survive a power cut.',
  'Alerting is tested in drill time: rules, scrape and grouping intervals are divided by K on a copy of the files; thresholds, labels and templates are not. Recovery time and data loss are physical and are never scaled.',
  'The drill runs on instances of its own, not on production: it proves the configuration, the rules, the routes and the runbook, not the capacity of production machines.',
  'DORA: this is a test of business continuity and recovery plans (Art. 11, 24, 25). It is not threat-led penetration testing and does not satisfy Art. 26.',
  'PCI DSS 12.10.2 asks for a test of the security incident response plan. An outage drill covers business recovery and backup (12.10.1) only and is not accepted for it alone.',
  'A write without an answer is counted neither as lost nor as kept. A measure that could not be taken is unknown, never zero.',
]

export function Limits(): VNode {
  return html`<section id="limits" aria-labelledby="limits-title">
    <h2 id="limits-title">What this report does not say</h2>
    <div class="card"><ul>${limits.map(text => html`<li>${text}</li>`)}</ul></div>
  </section>`
}
