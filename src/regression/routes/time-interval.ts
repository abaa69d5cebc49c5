/** Membership of an instant in Alertmanager's time intervals, so that a test can ask about any instant. */

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]

interface LocalTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly weekday: number
  readonly minute: number
}

/** Is the instant in one of the intervals? Each is a mapping as in alertmanager.yml; fields that are absent hold always. */
export function contains(intervals: readonly unknown[], at: Date): boolean {
  return intervals.some(interval => {
    const fields = (typeof interval === 'object' && interval !== null ? interval : {}) as Record<string, unknown>
    const local = localTime(at, typeof fields['location'] === 'string' ? fields['location'] : 'UTC')
    return (
      any(fields['times'], range => inTimes(range, local.minute)) &&
      any(fields['weekdays'], range => inNames(range, WEEKDAYS, 0, local.weekday)) &&
      any(fields['days_of_month'], range => inDays(range, local)) &&
      any(fields['months'], range => inNames(range, MONTHS, 1, local.month)) &&
      any(fields['years'], range => inNames(range, [], 0, local.year))
    )
  })
}

function any(ranges: unknown, holds: (range: unknown) => boolean): boolean {
  return !Array.isArray(ranges) || ranges.length === 0 || ranges.some(holds)
}

function inTimes(range: unknown, minute: number): boolean {
  const { start_time: start, end_time: end } = (range ?? {}) as Record<string, unknown>
  // The end is not part of it: 17:00 is no more "until 17:00".
  return minutes(start) <= minute && minute < minutes(end)
}

function minutes(time: unknown): number {
  // YAML 1.1 readers take 17:00 for a number in base 60; here it is text.
  const [hour, minute] = String(time).split(':')
  return Number(hour) * 60 + Number(minute)
}

function inNames(range: unknown, names: readonly string[], first: number, value: number): boolean {
  const [from, to] = String(range).toLowerCase().split(':')
  const number = (text: string | undefined) => {
    const index = names.indexOf((text ?? '').trim())
    return index >= 0 ? index + first : Number(text)
  }
  return number(from) <= value && value <= number(to ?? from)
}

function inDays(range: unknown, { year, month, day }: LocalTime): boolean {
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const [from, to] = String(range).split(':')
  // Days count from the end of the month when negative; what lies outside of this month is cut to it.
  const number = (text: string | undefined) => (Number(text) < 0 ? last + Number(text) + 1 : Number(text))
  const [begin, end] = [number(from), number(to ?? from)]
  return begin <= last && Math.max(begin, 1) <= day && day <= Math.min(end, last)
}

/** Making one costs a millisecond; tests ask for the same few zones. */
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    weekday: 'long',
    hour: 'numeric',
    minute: 'numeric',
  })
  formats.set(timeZone, format)
  return format
}

function localTime(at: Date, timeZone: string): LocalTime {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  return {
    year: Number(parts['year']),
    month: Number(parts['month']),
    day: Number(parts['day']),
    weekday: WEEKDAYS.indexOf((parts['weekday'] ?? '').toLowerCase()),
    minute: Number(parts['hour']) * 60 + Number(parts['minute']),
  }
}
