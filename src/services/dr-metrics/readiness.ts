import type { Facts, Measured, ServiceFacts } from './facts.ts'

/** What readiness is made of. Weights are relative to each other. */
export const componentNames = ['backup', 'replication', 'health', 'testing'] as const
export type ComponentName = (typeof componentNames)[number]

/** Drill seconds, but for `testing`, which compares dates. */
export interface Limits {
  readonly backupAge: number
  readonly replicationLag: number
  readonly testAge: number
}

export interface Moment {
  /** Wall milliseconds since the epoch. */
  readonly now: number
  readonly timeScale: number
  /** Wall milliseconds after which something measured counts as unknown. */
  readonly staleMs: number
}

/** 0 to 1 each: the share of what a component looks at that is as it should be. What cannot be measured is not ready. */
export function componentScores(
  facts: Facts,
  { limits, lastTestSuccessAges, moment }: { limits: Limits; lastTestSuccessAges: readonly number[]; moment: Moment },
): Readonly<Record<ComponentName, number>> {
  const { services } = facts
  const standbys = services.filter(
    ({ replicates, replication }) => replicates || replication?.value.upstream !== undefined,
  )
  const promoted = (service: ServiceFacts) =>
    fresh(service.replication, moment) && service.replication?.value.upstream === undefined
  return {
    backup: share(
      services.filter(({ backups }) => backups !== undefined),
      ({ backups }) =>
        backups?.lastSuccessAt !== undefined &&
        !backups.lastFailed &&
        backups.newest?.verification !== 'damaged' &&
        dilated(moment.now - backups.lastSuccessAt, moment) <= limits.backupAge,
    ),
    replication: share(
      // One that was promoted is a primary now; who replaces it as a standby is what counts.
      standbys.filter(service => standbys.length === 1 || !promoted(service)),
      service =>
        fresh(service.replication, moment) &&
        service.replication?.value.upstream !== undefined &&
        service.replication.value.lagSeconds * moment.timeScale <= limits.replicationLag,
    ),
    health: share(services, ({ health }) => fresh(health.healthy, moment) && health.healthy?.value === true),
    testing: share(lastTestSuccessAges, age => age <= limits.testAge),
  }
}

/** The weighted mean of the components that have a weight. */
export function readinessScore(
  scores: Readonly<Record<ComponentName, number>>,
  weights: Readonly<Partial<Record<ComponentName, number>>>,
): number {
  const parts = componentNames.map(name => ({ score: scores[name], weight: weights[name] ?? 0 }))
  const total = parts.reduce((sum, { weight }) => sum + weight, 0)
  return total === 0 ? 0 : parts.reduce((sum, { score, weight }) => sum + score * weight, 0) / total
}

export function fresh(measured: Measured<unknown>, { now, staleMs }: Moment): boolean {
  return measured !== undefined && now - measured.at <= staleMs
}

/** Drill seconds of a wall span in milliseconds. */
export function dilated(milliseconds: number, { timeScale }: Moment): number {
  return (milliseconds / 1000) * timeScale
}

function share<T>(all: readonly T[], good: (one: T) => boolean): number {
  return all.length === 0 ? 0 : all.filter(good).length / all.length
}
