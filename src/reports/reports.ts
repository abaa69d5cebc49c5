import { html } from './html.ts'
import { json } from './json.ts'
import { junit } from './junit.ts'
import { metrics } from './metrics.ts'
import { pdf } from './pdf.ts'
import { summary } from './summary.ts'

/** Every format a report can have. The key is what drill files and the command line call it. */
export const reports = { html, pdf, junit, summary, metrics, json } as const
