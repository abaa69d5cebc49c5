import type { Measure } from '../record.ts'
import type { TimelineEvent } from '../timeline.ts'
import { kept } from './interval.ts'
import { type Measured, promise, untaken } from './measured.ts'

type Ledger = Extract<TimelineEvent, { event: 'ledger' }>

/**
 * `dataLossRows` and `dataLossSeconds` of each marker probe: acknowledged writes that are missing after recovery. Writes whose outcome is
 * unknown are neither lost nor kept. Seconds reach from the last write that survived before the loss to the newest that is lost, wall time:
 * clients may have gone on writing since, to the server that took over or that was restored.
 */
export function dataLoss(measured: Measured): readonly Measure[] {
  const { events, objectives } = measured
  const ledgers = events.filter(event => event.event === 'ledger')
  if (ledgers.length > 0) return ledgers.flatMap(ledger => [rows(ledger), seconds(ledger, measured)])
  if (objectives.rpo === undefined) return []
  const reason = 'no probe wrote numbered markers, or none of them was looked for after recovery'
  return [untaken({ ...lossSeconds('rpo', objectives.rpo), reason })]
}

const lossSeconds = (subject: string, objective: number | undefined) =>
  ({ name: 'dataLossSeconds', subject, time: 'wall', unit: 'seconds', ...promise(objective) }) as const

function rows(ledger: Ledger): Measure {
  const subject = { name: 'dataLossRows', subject: ledger.probe, time: 'wall', unit: 'rows' } as const
  const gap = unreadable(ledger)
  if (gap !== undefined) return untaken({ ...subject, reason: gap })
  const { lost, acknowledged, unknown, unknownKept } = ledger
  const uncertain =
    unknown === 0
      ? ''
      : `; ${unknown} more had an unknown outcome, ${unknownKept} of them are there: neither lost nor kept`
  return {
    ...subject,
    value: lost,
    error: 0,
    verdict: 'met',
    reason: `${lost} of ${acknowledged} acknowledged writes are missing${uncertain}`,
  }
}

function seconds(ledger: Ledger, { objectives, probes, events }: Measured): Measure {
  const subject = lossSeconds(ledger.probe, objectives.rpo)
  const gap = unreadable(ledger)
  if (gap !== undefined) return untaken({ ...subject, reason: gap })
  if (ledger.lost === 0) return { ...subject, value: 0, error: 0, verdict: 'met' }
  const { survivedUntil, newestLost } = ledger
  if (newestLost === undefined) return untaken({ ...subject, reason: 'when the lost writes were made is not known' })
  const error = (probes.find(({ name }) => name === ledger.probe)?.everyMs ?? 0) / 1000
  if (survivedUntil === undefined) {
    const first = events.find(
      event => event.event === 'probe' && event.probe === ledger.probe && event.outcome === 'ok',
    )
    const value = (newestLost - (first?.at ?? newestLost)) / 1000
    return {
      ...subject,
      value,
      error,
      verdict: kept({ from: Math.max(0, value - error), to: Number.POSITIVE_INFINITY }, objectives.rpo),
      reason: 'nothing from before the loss survived: at least all the time since the probe began to write is lost',
    }
  }
  const value = (newestLost - survivedUntil) / 1000
  const verdict = kept({ from: Math.max(0, value - error), to: value + error }, objectives.rpo)
  return {
    ...subject,
    value,
    error,
    verdict,
    ...(verdict === 'unknown' ? { reason: 'the objective lies within the error bound' } : {}),
  }
}

function unreadable({ failure, acknowledged, probe }: Ledger): string | undefined {
  if (failure !== undefined) return `the markers of probe ${probe} could not be read: ${failure}`
  return acknowledged === 0 ? `probe ${probe} had no acknowledged write that could be lost` : undefined
}
