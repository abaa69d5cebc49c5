import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { Finding } from '../../model/finding.ts'
import type { ActionKind, RunContext } from '../../model/kind.ts'
import { SUSTAINED } from '../../model/measures/availability.ts'
import { nearest } from '../../model/nearest.ts'
import type { TimelineEvent } from '../../model/timeline.ts'
import { demand, expectation, within } from './expectations.ts'

const spec = z
  .strictObject({
    probe: serviceName.optional().describe('the probe whose operations must succeed again'),
    expect: expectation.optional(),
    within,
  })
  .refine(({ probe, expect }) => (probe === undefined) !== (expect === undefined), 'expected either probe or expect')

const LOOK_MS = 20

export const automatic: ActionKind<z.output<typeof spec>> = {
  summary: 'Does nothing: the system heals itself, and the step measures how long that takes.',
  spec,
  example: `
kind: automatic
probe: orders
within: 5m
`,
  needs: () => [],
  expectations: ({ expect }) => (expect === undefined ? [] : [expect]),
  async perform({ probe, expect, within }, run) {
    if (probe !== undefined) return demand([await recovered(probe, within * 1000, run)], within)
    return demand([await run.check(expect, within * 1000)], within)
  },
}

async function recovered(probe: string, limitMs: number, run: RunContext): Promise<Finding> {
  if (!run.probes.includes(probe)) {
    const guess = nearest(probe, run.probes)
    throw new Error(
      `there is no probe "${probe}" to wait for${guess === undefined ? '' : `, did you mean "${guess}"?`} Known: ${run.probes.join(', ')}`,
    )
  }
  const since = run.clock.now()
  for (;;) {
    const { successes, last } = streak(probe, since, run.events)
    if (successes >= SUSTAINED)
      return { verdict: 'met', message: `probe ${probe} succeeds again, ${successes} times in a row`, evidence: [] }
    if (run.clock.now() - since >= limitMs)
      return {
        verdict: 'unmet',
        message: `probe ${probe} was expected to succeed ${SUSTAINED} times in a row, its last operation ${last}`,
        evidence: [],
      }
    await sleep(LOOK_MS, undefined, { signal: run.signal })
  }
}

/** Only what began after `since` counts: earlier successes may be older than the damage. */
function streak(probe: string, since: number, events: readonly TimelineEvent[]): { successes: number; last: string } {
  let successes = 0
  let last = 'has not ended yet'
  for (const event of events) {
    if (event.event !== 'probe' || event.probe !== probe || event.at < since) continue
    successes = event.outcome === 'ok' ? successes + event.count : 0
    last = event.message === undefined ? `ended as ${event.outcome}` : `ended as ${event.outcome}: ${event.message}`
  }
  return { successes, last }
}
