import { z } from 'zod'
import type { BackupSet } from '../model/abilities.ts'
import { readableDuration } from '../model/duration.ts'
import { duration, serviceName } from '../model/fields.ts'
import type { ExpectationKind } from '../model/kind.ts'

const spec = z
  .strictObject({
    service: serviceName.describe('the service that is backed up'),
    atLeast: z.number().int().min(0).optional().describe('so many backup sets'),
    maxAge: duration.optional().describe('the newest one is not older than this (drill time)'),
    minAge: duration.optional().describe('the newest one is at least this old (drill time)'),
    verification: z.enum(['unverified', 'intact', 'damaged']).optional().describe('of the newest one'),
    failedAttempts: z.number().int().min(0).optional().describe('at least so many attempts have failed'),
  })
  .refine(
    ({ service: _, ...wanted }) => Object.values(wanted).some(value => value !== undefined),
    'expected at least one of atLeast, maxAge, minAge, verification, failedAttempts',
  )
type Spec = z.output<typeof spec>

export const backups: ExpectationKind<Spec> = {
  summary: 'The backups of a service are as many, as young and as sound as expected.',
  spec,
  example: `
kind: backups
service: primary
atLeast: 1
maxAge: 8h
verification: intact
`,
  needs: ({ service }) => [{ service, ability: 'backups' }],
  async check(wanted, run) {
    const ability = run.ability(wanted.service, 'backups')
    const sets = await ability.list()
    const { failed, lastFailure } = ability.attempts()
    const newest = sets.at(-1)
    const now = run.clock.wallTime(run.clock.now())
    const age = newest === undefined ? undefined : ((now - newest.stoppedAt) / 1000) * run.clock.timeScale
    const complaints = [
      ...(wanted.atLeast === undefined || sets.length >= wanted.atLeast
        ? []
        : [`expected at least ${wanted.atLeast} backup sets, seen: ${sets.length}`]),
      ...(wanted.failedAttempts === undefined || failed >= wanted.failedAttempts
        ? []
        : [`expected at least ${wanted.failedAttempts} failed attempts, seen: ${failed}`]),
      ...newestComplaints(wanted, newest, age),
    ]
    const evidence = [
      {
        kind: 'values',
        title: `backups of ${wanted.service}`,
        values: {
          sets: sets.length,
          newest: newest?.id ?? null,
          'age (drill time)': age === undefined ? null : readableDuration(age),
          verification: newest?.verification ?? null,
          'failed attempts': failed,
          'last failure': lastFailure ?? null,
        },
      },
    ] as const
    const subject = `the backups of ${wanted.service}`
    return complaints.length === 0
      ? { verdict: 'met', message: `${subject} are as expected`, evidence }
      : { verdict: 'unmet', message: `${subject}: ${complaints.join('; ')}`, evidence }
  },
}

function newestComplaints(
  { maxAge, minAge, verification }: Spec,
  newest: BackupSet | undefined,
  age: number | undefined,
): readonly string[] {
  const about: [unknown, string][] = [
    [maxAge, `at most ${readableDuration(maxAge ?? 0)} old`],
    [minAge, `at least ${readableDuration(minAge ?? 0)} old`],
    [verification, `${verification}`],
  ]
  const wanted = about.filter(([value]) => value !== undefined).map(([, text]) => text)
  if (wanted.length === 0) return []
  if (newest === undefined || age === undefined)
    return [`expected the newest set to be ${wanted.join(' and ')}, seen: none`]
  const old = readableDuration(age)
  return [
    ...(maxAge !== undefined && age > maxAge
      ? [`expected the newest set to be at most ${readableDuration(maxAge)} old, seen: ${old}`]
      : []),
    ...(minAge !== undefined && age < minAge
      ? [`expected the newest set to be at least ${readableDuration(minAge)} old, seen: ${old}`]
      : []),
    ...(verification !== undefined && newest.verification !== verification
      ? [
          `expected the newest set to be ${verification}, seen: ${newest.verification}${newest.verificationMessage === undefined ? '' : ` (${newest.verificationMessage})`}`,
        ]
      : []),
  ]
}
