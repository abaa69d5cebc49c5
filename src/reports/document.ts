import { html } from 'htm/preact'
import type { ComponentChildren, VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'
import { theme } from './theme.ts'

/** One self-contained page: no network, no script; the content security policy makes the browser hold us to it. */
export interface Page {
  readonly title: string
  /** The small line above the heading: what kind of page this is. */
  readonly eyebrow: string
  readonly heading: string
  readonly body: ComponentChildren
  readonly footer: ComponentChildren
}

/** The whole HTML text. Everything in it is escaped by preact; only our own style sheet and our own pictures are inserted as they are. */
export function renderDocument({ title, eyebrow, heading, body, footer }: Page): string {
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:" />
      <meta name="referrer" content="no-referrer" />
      <link rel="icon" href="data:," />
      <title>${title}</title>
      <style dangerouslySetInnerHTML=${{ __html: theme }}></style>
    </head>
    <body>
      <header class="page">
        <p class="eyebrow">${eyebrow}</p>
        <h1>${heading}</h1>
      </header>
      <main>${body}</main>
      <footer class="page">${footer}</footer>
    </body>
  </html>`
  return `<!doctype html>\n${renderToString(page as VNode)}\n`
}
