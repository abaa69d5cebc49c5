import { html } from 'htm/preact'
import type { ComponentChildren, VNode } from 'preact'
import type { Evidence } from '../model/finding.ts'
import type { Verdict } from '../model/verdict.ts'

/** Building blocks of pages: tables that become lists on a phone, verdicts, evidence, pictures with their words. */

const signs = { met: '✓', unmet: '✕', unknown: '?' } as const satisfies Record<Verdict, string>

export function verdictSign(verdict: Verdict): string {
  return signs[verdict]
}

export function Badge({ verdict }: { verdict: Verdict }): VNode {
  return html`<span class=${`badge ${verdict}`}>${signs[verdict]} ${verdict}</span>`
}

/** The first thing a reader sees: one word, one sentence, and what else must not be missed. */
export function Banner({
  verdict,
  word,
  children,
}: {
  verdict: Verdict
  word: string
  children?: ComponentChildren
}): VNode {
  return html`<div class=${`banner ${verdict}`}>
    <p class="verdict">${signs[verdict]} ${word}</p>
    ${children}
  </div>`
}

export interface TableProps {
  readonly caption: string
  /** The caption is for screen readers only: a heading just above says the same. */
  readonly quiet?: boolean
  readonly columns: readonly string[]
  /** The first cell of a row is its heading. */
  readonly rows: readonly (readonly ComponentChildren[])[]
}

/** Roles are spelled out because `display: block` on a phone would take them away. */
export function Table({ caption, quiet = false, columns, rows }: TableProps): VNode {
  return html`<table class="stack" role="table">
    <caption class=${quiet ? 'quiet' : ''}>${caption}</caption>
    <thead role="rowgroup"><tr role="row">${columns.map(
      column => html`<th scope="col" role="columnheader">${column}</th>`,
    )}</tr></thead>
    <tbody role="rowgroup">${rows.map(
      row =>
        html`<tr role="row">${row.map((cell, index) =>
          index === 0
            ? html`<th scope="row" role="rowheader">${cell}</th>`
            : html`<td role="cell" data-label=${columns[index]}>${cell}</td>`,
        )}</tr>`,
    )}</tbody>
  </table>`
}

export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }): VNode {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

/** What only people know. Never blank: a blank field could be taken for "nothing to report". */
export function Provided({ value }: { value: string | readonly string[] | undefined }): VNode {
  const texts = value === undefined ? [] : [value].flat().filter(text => text.trim() !== '')
  if (texts.length === 0) return html`<span class="missing">NOT PROVIDED</span>`
  return texts.length === 1
    ? html`<span>${texts[0]}</span>`
    : html`<ul class="compact">${texts.map(text => html`<li>${text}</li>`)}</ul>`
}

export function EvidenceList({ evidence, open }: { evidence: readonly Evidence[]; open: boolean }): VNode | null {
  if (evidence.length === 0) return null
  return html`<div>${evidence.map(
    item => html`<details open=${open}>
      <summary>Evidence: ${item.title}</summary>
      <div class="inside"><${EvidenceBody} item=${item} /></div>
    </details>`,
  )}</div>`
}

function EvidenceBody({ item }: { item: Evidence }): VNode {
  switch (item.kind) {
    case 'text':
      return html`<pre>${item.text}</pre>`
    case 'json':
      return html`<pre>${JSON.stringify(item.value, null, 2)}</pre>`
    case 'values':
      return html`<${Table} caption=${item.title} quiet columns=${['what', 'value']} rows=${Object.entries(
        item.values,
      ).map(([name, value]) => [name, String(value)])} />`
    case 'table':
      return html`<${Table} caption=${item.title} quiet columns=${item.columns} rows=${item.rows.map(row =>
        row.map(cell => (cell === null ? '' : String(cell))),
      )} />`
  }
}

/** A picture in two widths (an SVG's letters would shrink with it on a phone), and what it shows in words. */
export function Picture({
  title,
  alt,
  draw,
  level = 4,
  children,
}: {
  title: string
  alt: string
  draw: (width: number) => string
  /** Of the heading, below that of the section around it. */
  level?: 3 | 4
  children?: ComponentChildren
}): VNode {
  return html`<figure>
    <${`h${level}`}>${title}<//>
    <div class="picture wide" role="img" aria-label=${alt} dangerouslySetInnerHTML=${{ __html: draw(1040) }}></div>
    <div class="picture narrow" role="img" aria-label=${alt} dangerouslySetInnerHTML=${{ __html: draw(340) }}></div>
    <figcaption>${children}</figcaption>
  </figure>`
}
