import { isFlag } from '../flag.ts'
import { isCounter, type Plan, type SeriesClass } from './plan.ts'

/** How the series of one class move. `level` is the value at the instant of evaluation, `slope` its change a second. */
export interface Motion {
  readonly present: boolean
  readonly level: number
  readonly slope: number
  /** Changes a second: the value jumps up and down by one. */
  readonly churn: number
  /** The value follows the clock: it is `level` plus the instant, as a timestamp that ages by itself. */
  readonly clock: boolean
  /** Level (or slope) of all replicas but the first; undefined: they are spread around the first. */
  readonly rest: number | undefined
  /** How many replicas move as the first when `rest` is given. */
  readonly share: number
  /** Where the observations of a histogram end: they lie evenly between 0 and here. */
  readonly reach: number
  /** How it moved before it turned. */
  readonly past: { readonly level: number; readonly slope: number } | undefined
}

/** What all series do. Classes are numbered as in the plan. */
export interface Situation {
  readonly motions: readonly Motion[]
  /** How many replicas there are along a label. */
  readonly counts: Readonly<Record<string, number>>
  /** Seconds since motions turned from `past`; undefined: long ago. */
  readonly elapsed: number | undefined
  /** Seconds between two samples. */
  readonly sample: number
  /** The instant of evaluation, seconds since the epoch. */
  readonly now: number
}

export interface PlannedSeries {
  readonly classIndex: number
  readonly replica: number
  /** With `__name__`. */
  readonly labels: Readonly<Record<string, string>>
  /** Upper bound of a histogram bucket. */
  readonly bucket: number | undefined
}

export const still: Motion = {
  present: true,
  level: 100,
  slope: 0,
  churn: 0,
  clock: false,
  rest: undefined,
  share: 1,
  reach: 1,
  past: undefined,
}

/** Replicas differ, so that an average is no maximum and no sum. */
const SPREAD = [1.25, 0.75, 1.5, 0.5]

/** The first replica is the one that an expression without aggregation is about. */
function factor(replica: number, count: number): number {
  if (count === 1) return 1
  // An odd one out keeps the mean of all factors at one.
  if (count % 2 === 1 && replica === count - 1) return 1
  return SPREAD[replica % (count % 4 === 0 || replica < count - (count % 4) ? 4 : 2)] ?? 1
}

/** The series that exist in a situation. */
export function seriesOf(plan: Plan, situation: Pick<Situation, 'counts'>): PlannedSeries[] {
  return plan.classes.flatMap((planned, classIndex): PlannedSeries[] => {
    if (!planned.owned) return []
    const count = countOf(planned, situation)
    return Array.from({ length: count }, (_, replica) => replica).flatMap((replica): PlannedSeries[] => {
      const labels = {
        ...planned.labels,
        ...(planned.replicaLabel === undefined ? {} : { [planned.replicaLabel]: planned.replicaValue(replica) ?? '' }),
      }
      if (planned.buckets === undefined) return [{ classIndex, replica, labels, bucket: undefined }]
      return planned.buckets.map(bucket => ({
        classIndex,
        replica,
        bucket,
        labels: { ...labels, le: bucket === Number.POSITIVE_INFINITY ? '+Inf' : String(bucket) },
      }))
    })
  })
}

export function countOf(planned: SeriesClass, { counts }: Pick<Situation, 'counts'>): number {
  return planned.replicaLabel === undefined ? 1 : Math.max(1, Math.round(counts[planned.replicaLabel] ?? 1))
}

/** The value of a series `ago` seconds before the instant of evaluation; undefined when it does not exist. */
export function valueAt(
  series: PlannedSeries,
  planned: SeriesClass,
  situation: Situation,
  ago: number,
): number | undefined {
  const motion = situation.motions[series.classIndex]
  if (motion === undefined || !motion.present) return undefined
  const counter = isCounter(planned)
  const { level, slope } = pace(series, planned, motion, countOf(planned, situation))
  if (motion.clock) return situation.now - ago + level
  const jump = motion.churn > 0 ? Math.floor((situation.now - ago) * motion.churn + 1e-9) % 2 : 0
  const { past } = motion
  const { elapsed } = situation
  if (past === undefined || elapsed === undefined || ago <= elapsed + 1e-9) return level - slope * ago + jump
  const before = pace(series, planned, { ...motion, ...past }, countOf(planned, situation))
  const turned = counter ? level - slope * elapsed : before.level
  return turned - before.slope * (ago - elapsed)
}

/** Level and slope of one series of a class. */
export function pace(
  series: PlannedSeries,
  planned: SeriesClass,
  motion: Motion,
  count: number,
): { readonly level: number; readonly slope: number } {
  const scale =
    (motion.rest === undefined && !isFlag(planned.metric) ? factor(series.replica, count) : 1) *
    (series.bucket === undefined ? 1 : Math.min(1, series.bucket / motion.reach))
  const other = motion.rest !== undefined && series.replica >= motion.share
  const counter = isCounter(planned)
  return {
    level: (other && !counter ? (motion.rest ?? 0) : motion.level) * scale,
    slope: (other && counter ? (motion.rest ?? 0) : motion.slope) * scale,
  }
}
