import { html as markup } from 'htm/preact'
import type { VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'
import type { ReportFormat, RunRecord } from '../model/record.ts'

export const pdf: ReportFormat = {
  summary: 'the page on A4 with all evidence unfolded, page numbers and outline (needs Chromium)',
  file: 'report.pdf',
  contentType: 'application/pdf',
  render: renderPdf,
}

async function renderPdf(record: RunRecord): Promise<Uint8Array> {
  const [{ launchChromium }, { reportPage }] = await Promise.all([import('./chromium.ts'), import('./page/report.ts')])
  await using browser = await launchChromium()
  const context = await browser.newContext({ javaScriptEnabled: false, offline: true, colorScheme: 'light' })
  const page = await context.newPage()
  await page.setContent(reportPage(record, { open: true }), { waitUntil: 'load' })
  return await page.pdf({
    preferCSSPageSize: true,
    printBackground: true,
    tagged: true,
    outline: true,
    displayHeaderFooter: true,
    headerTemplate: '<span></span>',
    footerTemplate: footer(record),
  })
}

function footer(record: RunRecord): string {
  return renderToString(
    markup`<div style="font: 8px sans-serif; color: #444; width: 100%; margin: 0 13mm; display: flex; justify-content: space-between">
      <span>${record.drill.title}, run ${record.run}: ${record.verdict}</span>
      <span><span class="pageNumber"></span> / <span class="totalPages"></span></span>
    </div>` as VNode,
  )
}
