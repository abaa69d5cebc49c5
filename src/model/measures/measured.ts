import { RE2JS } from 're2js'
import { z } from 'zod'
import { type LabelPatterns, labelPatterns } from '../fields.ts'
import type { Measure, Objectives, ScenarioRecord } from '../record.ts'
import type { Labels, TimelineEvent } from '../timeline.ts'
import type { Interval } from './interval.ts'

/** All that measures are made of. `events` in order of time. */
export interface Measured {
  readonly objectives: Objectives
  readonly probes: ScenarioRecord['probes']
  readonly events: readonly TimelineEvent[]
  readonly timeScale: number
  /** The decoded expectations of `expect`. Those that must never be met promise no detection. */
  readonly expectations: readonly { readonly spec: unknown; readonly timing?: { readonly when: string } }[]
}

export interface FaultInstant extends Interval {
  readonly name: string
}

/** When each fault struck: while it was being injected. In order of time. */
export function faultInstants(events: readonly TimelineEvent[]): readonly FaultInstant[] {
  return events.flatMap(event => {
    if (event.event !== 'fault.injecting') return []
    const { at, name } = event
    const done = events.find(
      later =>
        (later.event === 'fault.injected' || later.event === 'fault.failed') && later.name === name && later.at >= at,
    )
    return [{ name, from: at, to: done?.at ?? at }]
  })
}

/** The instant until which the scenario was observed. */
export function observedUntil(events: readonly TimelineEvent[]): number {
  const measuring = events.find(event => event.event === 'phase' && event.phase === 'measuring')
  return measuring?.at ?? events.reduce((latest, { at }) => Math.max(latest, at), 0)
}

const promisedAlert = z.looseObject({
  alert: z.string(),
  state: z.literal('firing'),
  labels: labelPatterns.default({}),
})
const promisedNotification = z.looseObject({
  alert: z.string(),
  receiver: z.string(),
  status: z.literal('firing'),
  via: z.string().optional(),
  labels: labelPatterns.default({}),
})
export type PromisedAlert = z.output<typeof promisedAlert>
export type PromisedNotification = z.output<typeof promisedNotification>

/** The alerts that are expected to fire. Recognised by what they say, not by their kind. */
export const promisedAlerts = ({ expectations }: Pick<Measured, 'expectations'>): readonly PromisedAlert[] =>
  promised(expectations, promisedAlert)

/** The notifications that are expected about a firing alert. */
export const promisedNotifications = ({
  expectations,
}: Pick<Measured, 'expectations'>): readonly PromisedNotification[] => promised(expectations, promisedNotification)

function promised<Promise>(expectations: Measured['expectations'], shape: z.ZodType<Promise>): readonly Promise[] {
  return expectations
    .filter(({ timing }) => timing?.when !== 'never')
    .flatMap(({ spec }) => {
      const decoded = shape.safeParse(spec)
      return decoded.success ? [decoded.data] : []
    })
}

/** Do the labels have what the patterns name? */
export function labelled(labels: Labels, patterns: LabelPatterns): boolean {
  return Object.entries(patterns).every(([name, pattern]) => {
    const value = labels[name] ?? ''
    return typeof pattern === 'string' ? value === pattern : RE2JS.matches(pattern.matches, value)
  })
}

/** A measure that could not be taken. */
export function untaken(measure: Omit<Measure, 'value' | 'error' | 'verdict'> & { reason: string }): Measure {
  return { ...measure, verdict: 'unknown' }
}

/** Leaves out an objective that nobody set. */
export const promise = (objective: number | undefined): { objective?: number } =>
  objective === undefined ? {} : { objective }
