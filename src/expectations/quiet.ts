import { z } from 'zod'
import type { ExpectationKind } from '../model/kind.ts'
import { describeLabels } from './labels.ts'

const spec = z.strictObject({
  except: z.array(z.string().min(1)).default([]).describe('alerts that may be pending or firing'),
})

/** Alerts that are explained; more would bury the reader. */
const EXPLAINED = 3

export const quiet: ExpectationKind<z.output<typeof spec>> = {
  summary: 'No alert is pending or firing.',
  spec,
  example: `
kind: quiet
except: [Watchdog]
`,
  needs: () => [],
  async check({ except }, run) {
    const loud = (await run.monitoring.alerts()).filter(({ labels }) => !except.includes(labels['alertname'] ?? ''))
    const besides = except.length === 0 ? '' : ` besides ${except.join(', ')}`
    if (loud.length === 0) return { verdict: 'met', message: `no alert is pending or firing${besides}`, evidence: [] }
    const names = loud.map(({ labels, state }) => `${labels['alertname']} (${state})`)
    const table = {
      kind: 'table',
      title: 'alerts',
      columns: ['alert', 'state', 'labels', 'value', 'active since'],
      rows: loud.map(({ labels, state, value, activeAt }) => [
        labels['alertname'] ?? '',
        state,
        describeLabels(labels),
        value,
        activeAt,
      ]),
    } as const
    const reasons = await Promise.all(
      loud.slice(0, EXPLAINED).map(({ labels }) => run.monitoring.explainAlert(labels['alertname'] ?? '', labels)),
    )
    return {
      verdict: 'unmet',
      message: `expected no alert pending or firing${besides}, seen: ${[...new Set(names)].join(', ')}`,
      evidence: [table, ...reasons.flat()],
    }
  },
}
