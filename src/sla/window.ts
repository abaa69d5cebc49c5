import { parseDuration } from '../model/duration.ts'
import { utcMonth } from '../model/instant.ts'

/** A span of time that is looked at, in seconds since the epoch. */
export interface Window {
  readonly from: number
  readonly to: number
  /** What the error budget is counted for: the whole month, even when it is not over. */
  readonly length: number
  /** Each look stands for this many seconds before it. */
  readonly step: number
}

const FINEST = 1
const USUAL = 60
const MOST_LOOKS = 150_000

/** `30d`, `month` (the current calendar month, UTC, so far) or `2026-10`; undefined when it is none. */
export function parseWindow(text: string, now: number): Window | undefined {
  if (text === 'month') return calendarMonth(now * 1000, now)
  const month = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text)
  if (month !== null) return calendarMonth(Date.UTC(Number(month[1]), Number(month[2]) - 1), now)
  const length = parseDuration(text)
  return length === undefined || length < FINEST ? undefined : withStep(now - length, now, length)
}

/** The month that holds this instant (milliseconds), as far as it is over. */
function calendarMonth(instant: number, now: number): Window | undefined {
  const [from, end] = [utcMonth(instant).from / 1000, utcMonth(instant).to / 1000]
  return from + FINEST > now ? undefined : withStep(from, Math.min(end, now), end - from)
}

/** Fine enough for the budget of the window, coarse enough for Prometheus; a whole number of looks, each of whole milliseconds. */
function withStep(from: number, to: number, length: number): Window {
  const span = to - from
  const wanted = Math.max(Math.min(Math.max(span / 1440, FINEST), USUAL), span / MOST_LOOKS)
  const looks = Math.max(1, Math.round(span / wanted))
  const step = Math.floor((span / looks) * 1000) / 1000
  return { from: to - looks * step, to, length, step }
}
