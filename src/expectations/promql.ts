import { z } from 'zod'
import type { ExpectationKind } from '../model/kind.ts'
import { compares, comparison } from './comparison.ts'
import { describeLabels } from './labels.ts'

const spec = z.strictObject({
  query: z.string().min(1).describe('an instant query, asked of the Prometheus of the run as it is'),
  compare: comparison,
  value: z.number().optional().describe('without it the query must give at least one series'),
})

/** Series that evidence shows. */
const SHOWN = 50

export const promql: ExpectationKind<z.output<typeof spec>> = {
  summary: 'A query gives series, and the value of every one compares as expected.',
  spec,
  example: `
kind: promql
query: sum(up{job="postgres"})
compare: '>='
value: 1
`,
  needs: () => [],
  async check({ query, compare, value }, run) {
    const samples = await run.monitoring.query(query)
    const evidence = [
      {
        kind: 'table',
        title: query,
        columns: ['series', 'value'],
        rows: samples.slice(0, SHOWN).map(sample => [describeLabels(sample.labels), String(sample.value)]),
      },
    ] as const
    const wanted = value === undefined ? 'at least one series' : `${compare} ${value}`
    if (samples.length === 0)
      return { verdict: 'unmet', message: `expected ${query} to give ${wanted}, seen: no series`, evidence: [] }
    const failing = value === undefined ? [] : samples.filter(sample => !compares(sample.value, compare, value))
    if (failing.length === 0) {
      const values = [...new Set(samples.map(sample => sample.value))].slice(0, 5).join(', ')
      return { verdict: 'met', message: `${query} gives ${values}`, evidence }
    }
    const [first] = failing
    const more = failing.length === 1 ? '' : ` and ${failing.length - 1} more`
    return {
      verdict: 'unmet',
      message: `expected ${query} to give ${wanted}, seen: ${first?.value} for ${describeLabels(first?.labels ?? {})}${more}`,
      evidence,
    }
  },
}
