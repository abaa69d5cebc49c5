import { UTCDate } from '@date-fns/utc'
import { addMonths } from 'date-fns/addMonths'
import { format } from 'date-fns/format'
import { isValid } from 'date-fns/isValid'
import { startOfMonth } from 'date-fns/startOfMonth'

/** Instants for people, always in UTC: a drill is read in another time zone than the one in which it ran. Milliseconds since the epoch. */

/** Whether a number can be an instant at all; records come from outside. */
export const isInstant = (at: number): boolean => isValid(new UTCDate(at))

const written = (at: number, pattern: string): string => format(new UTCDate(at), pattern)

/** `2026-11-28 06:30` */
export const utcMinute = (at: number): string => written(at, 'yyyy-MM-dd HH:mm')

/** `2026-11-28 06:30:05` */
export const utcSecond = (at: number): string => written(at, 'yyyy-MM-dd HH:mm:ss')

/** `06:30:05.123` */
export const utcTime = (at: number): string => written(at, 'HH:mm:ss.SSS')

/** `20261128-063005`, which sorts by time and is fit for names of files and containers. */
export const utcStamp = (at: number): string => written(at, 'yyyyMMdd-HHmmss')

/** The first instant of the month that holds `at`, and of the next one. */
export function utcMonth(at: number): { from: number; to: number } {
  const from = startOfMonth(new UTCDate(at))
  return { from: from.getTime(), to: addMonths(from, 1).getTime() }
}
