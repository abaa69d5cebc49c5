import { readableDuration } from '../model/duration.ts'
import { utcMinute } from '../model/instant.ts'
import type { SlaReport, SlaResult } from './evaluate.ts'
import { labelText, type Worst } from './judge.ts'

/** What is said about an SLA, the same on the terminal and on the page. */

export function targetText({ sla }: SlaResult): string {
  return `${sla.operator} ${withUnit(sla.target, sla.unit)}`
}

/** The value now; of a vector the worst series, named. */
export function currentText({ sla, now }: SlaResult): string {
  if (now.worst === undefined) return 'no value'
  const value = withUnit(now.worst.value, sla.unit)
  return now.series === 1 ? value : `${value}, worst of ${now.series}: ${labelText(now.worst.labels)}`
}

export function worstText({ sla, window }: SlaResult): string {
  const { worst } = window
  return worst === undefined
    ? 'no value'
    : `${withUnit(worst.value, sla.unit)} at ${minute(worst)}, ${labelText(worst.labels)}`
}

export function complianceText({ window }: SlaResult): string {
  return `${percent(window.compliant)} of the time`
}

/** Minutes, because that is how error budgets are agreed. */
export function minutes(seconds: number): string {
  return `${Number((seconds / 60).toFixed(1))} min`
}

export function usedText({ window: { budget } }: SlaResult): string {
  return budget.blind === 0
    ? minutes(budget.used)
    : `${minutes(budget.used)}, and ${minutes(budget.blind)} without data`
}

export function leftText({ window: { budget } }: SlaResult): string {
  if (budget.left < 0) return `overdrawn by ${minutes(-budget.left)}`
  return budget.blind === 0 ? minutes(budget.left) : `at most ${minutes(budget.left)}`
}

export function windowText({ window }: SlaReport): string {
  return `${utcMinute(window.from * 1000)} to ${utcMinute(window.to * 1000)} UTC, a look every ${readableDuration(window.step)}; budget of ${readableDuration(window.length)}`
}

function minute({ at }: Worst): string {
  return `${utcMinute(at * 1000)} UTC`
}

function withUnit(value: number, unit: string | undefined): string {
  const number = Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value)
  return unit === undefined ? number : `${number} ${unit}`
}

/** Never rounded up to 100 %: 99.999 % of a month is still 26 seconds of breach. */
function percent(share: number): string {
  return share === 1 ? '100 %' : `${(Math.floor(share * 100_000) / 1000).toFixed(3)} %`
}
