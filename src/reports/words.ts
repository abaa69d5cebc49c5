import { readableDuration } from '../model/duration.ts'
import { isInstant, utcSecond, utcTime } from '../model/instant.ts'
import type { Measure, MeasureName, Objectives, RunRecord, ScenarioRecord } from '../model/record.ts'
import type { Verdict } from '../model/verdict.ts'

/** How figures and verdicts are said, the same in every report. */

const measureNames: Readonly<Record<MeasureName, string>> = {
  timeToDetect: 'Time to detect',
  timeToNotify: 'Time to notify',
  recoveryTime: 'Recovery time (RTO)',
  dataLossRows: 'Data loss, rows',
  dataLossSeconds: 'Data loss, seconds (RPO)',
  stepTime: 'Time of a step',
  timeToRestored: 'From fault to service restored',
}

export function measureName({ name }: Pick<Measure, 'name'>): string {
  return measureNames[name]
}

export const objectiveNames: Readonly<Record<keyof Objectives, string>> = {
  detect: 'detect',
  notify: 'notify',
  rto: 'RTO (recovery time)',
  rpo: 'RPO (data loss)',
}

/** `12m 3s ± 4.5 s`, `3 rows`; undefined when it could not be taken. */
export function measuredValue({ value, error, unit }: Measure): string | undefined {
  if (value === undefined) return undefined
  return error === undefined || error === 0 ? amount(value, unit) : `${amount(value, unit)} ± ${amount(error, unit)}`
}

export function amount(value: number, unit: Measure['unit']): string {
  return unit === 'seconds' ? readableDuration(value) : `${value} ${value === 1 ? 'row' : 'rows'}`
}

export function objectiveValue({ objective, unit }: Measure): string | undefined {
  return objective === undefined ? undefined : `at most ${amount(objective, unit)}`
}

/** `2026-11-01 06:00:09 UTC` */
export function instant(wall: number): string {
  return isInstant(wall) ? `${utcSecond(wall)} UTC` : `${wall} (no instant)`
}

/** `06:00:09.250` */
export function clockTime(wall: number): string {
  return isInstant(wall) ? utcTime(wall) : String(wall)
}

export function wallDuration(milliseconds: number): string {
  return readableDuration(milliseconds / 1000)
}

/** Milliseconds of the drill clock in both times: `2.23 s wall, 11m 9s drill`; one figure at K = 1. */
export function bothTimes(milliseconds: number, timeScale: number): string {
  const wall = readableDuration(milliseconds / 1000)
  return timeScale === 1 ? wall : `${wall} wall, ${readableDuration((milliseconds / 1000) * timeScale)} drill`
}

/** The answer in one sentence. */
export function headline(record: RunRecord): string {
  const count = (verdict: Verdict) => record.scenarios.filter(scenario => scenario.verdict === verdict).length
  const all = record.scenarios.length
  if (all === 0) return 'No scenario was executed; the drill proves nothing.'
  const parts = [
    `${count('met')} of ${all} ${all === 1 ? 'scenario' : 'scenarios'} did what was promised`,
    ...(count('unmet') > 0 ? [`${count('unmet')} did not`] : []),
    ...(count('unknown') > 0 ? [`${count('unknown')} could not be judged`] : []),
  ]
  return `${parts.join(', ')}.`
}

/** `1 wall second = 300 drill seconds` in the words of each scale that was used. */
export function timeScales(scenarios: readonly Pick<ScenarioRecord, 'timeScale'>[]): string {
  const scales = [...new Set(scenarios.map(({ timeScale }) => timeScale))].toSorted((a, b) => a - b)
  if (scales.length === 0) return 'none used'
  return scales.map(scale => (scale === 1 ? 'K = 1, real time' : `K = ${scale}`)).join(', ')
}

/** Sum of what the scenarios stand for, in drill seconds. */
export function drillSeconds(scenarios: readonly ScenarioRecord[]): number {
  return scenarios.reduce((sum, { timeline, timeScale }) => {
    const last = timeline.reduce((latest, { at }) => Math.max(latest, at), 0)
    return sum + (last / 1000) * timeScale
  }, 0)
}
