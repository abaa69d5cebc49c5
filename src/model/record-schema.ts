import { z } from 'zod'
import { type RunRecord, reportFields } from './record.ts'

/**
 * What record.json must look like to be believed. `parse` gives a RunRecord; unknown keys of newer versions are dropped.
 * The types of record.ts and timeline.ts are the contract, and the compiler compares this schema with them.
 */

const verdict = z.enum(['met', 'unmet', 'unknown'])
const wall = z.number()
const text = z.string()
const optional = z.exactOptional
const labels = z.record(text, text)
const names = z.array(text)

const evidence = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), title: text, text }),
  z.object({
    kind: z.literal('values'),
    title: text,
    values: z.record(text, z.union([text, z.number(), z.boolean(), z.null()])),
  }),
  z.object({
    kind: z.literal('table'),
    title: text,
    columns: names,
    rows: z.array(z.array(z.union([text, z.number(), z.null()]))),
  }),
  z.object({ kind: z.literal('json'), title: text, value: z.unknown() }),
])
const evidences = z.array(evidence)
const finding = z.object({ verdict, message: text, evidence: evidences })
const list = z.enum(['steady', 'expect', 'after'])

const at = { at: z.number(), wall }
const seen = { after: optional(z.number()) }
const fault = { ...at, fault: text, name: text }
const action = { ...at, action: text, name: text, step: z.number() }
const firingOrResolved = z.enum(['firing', 'resolved'])

const timelineEvent = z.discriminatedUnion('event', [
  z.object({
    ...at,
    event: z.literal('phase'),
    phase: z.enum([
      'booting',
      'steady',
      'faults',
      'observing',
      'recovering',
      'rolling-back',
      'after',
      'measuring',
      'ended',
    ]),
  }),
  z.object({ ...at, event: z.literal('service.ready'), service: text, milliseconds: z.number() }),
  z.object({ ...fault, event: z.enum(['fault.injecting', 'fault.rolling-back', 'fault.rolled-back']) }),
  z.object({ ...fault, event: z.literal('fault.injected'), evidence: evidences }),
  z.object({ ...fault, event: z.enum(['fault.failed', 'rollback.failed']), message: text }),
  z.object({
    ...at,
    ...seen,
    event: z.literal('alert'),
    alert: text,
    labels,
    state: z.enum(['inactive', 'pending', 'firing', 'resolved']),
    value: optional(text),
  }),
  z.object({
    ...at,
    event: z.literal('notification'),
    receiver: text,
    integration: text,
    index: z.number(),
    status: firingOrResolved,
    alerts: z.array(z.object({ labels, status: firingOrResolved })),
    groupLabels: labels,
    payload: z.unknown(),
  }),
  z.object({ ...action, event: z.literal('action.started') }),
  z.object({
    ...action,
    event: z.literal('action.ended'),
    outcome: z.enum(['done', 'failed']),
    message: optional(text),
    evidence: evidences,
  }),
  z.object({ ...at, ...seen, event: z.literal('expectation'), list, index: z.number(), kind: text, finding }),
  z.object({
    ...at,
    event: z.literal('probe'),
    probe: text,
    outcome: z.enum(['ok', 'failed', 'unknown']),
    server: optional(text),
    count: z.number(),
    until: z.number(),
    tookMs: z.number(),
    message: optional(text),
  }),
  z.object({
    ...at,
    event: z.literal('ledger'),
    probe: text,
    acknowledged: z.number(),
    unknown: z.number(),
    lost: z.number(),
    unknownKept: z.number(),
    survivedUntil: optional(z.number()),
    newestLost: optional(z.number()),
    failure: optional(text),
  }),
  z.object({
    ...at,
    event: z.literal('mistake'),
    service: text,
    xid: text,
    began: z.number(),
    beganWall: wall,
    statement: text,
  }),
  z.object({
    ...at,
    event: z.literal('sample'),
    query: text,
    name: text,
    value: z.number().nullable(),
    threshold: optional(z.number()),
    comparison: optional(text),
  }),
  z.object({ ...at, event: z.literal('note'), message: text }),
])

const time = z.enum(['drill', 'wall'])
const measure = z.object({
  name: z.enum([
    'timeToDetect',
    'timeToNotify',
    'recoveryTime',
    'dataLossRows',
    'dataLossSeconds',
    'stepTime',
    'timeToRestored',
  ]),
  subject: text,
  time,
  unit: z.enum(['seconds', 'rows']),
  value: optional(z.number()),
  error: optional(z.number()),
  objective: optional(z.number()),
  verdict,
  reason: optional(text),
  parts: optional(z.array(z.object({ name: text, value: z.number(), time }))),
})

const programFacts = z.object({
  program: z.enum(['prometheus', 'alertmanager', 'postgres', 'redis', 'postgres-exporter', 'redis-exporter']),
  version: text,
  image: optional(text),
  imageId: optional(text),
  binary: optional(text),
})

const seconds = optional(z.number())
const scenario = z.object({
  scenario: text,
  file: text,
  title: text,
  system: text,
  rationale: optional(text),
  verdict,
  startedAt: wall,
  endedAt: wall,
  timeScale: z.number().positive(),
  timeScaleReason: text,
  attempts: z.array(z.object({ timeScale: z.number(), verdict, message: text })),
  services: z.array(z.object({ name: text, kind: text, facts: z.array(programFacts) })),
  configuration: z.array(z.object({ file: text, sha256: text, diff: text, notes: names })),
  objectives: z.object({ detect: seconds, notify: seconds, rto: seconds, rpo: seconds }),
  measures: z.array(measure),
  findings: z.array(finding.extend({ list, index: z.number(), kind: text, expectation: text, at: z.number() })),
  steps: z.array(
    z.object({
      step: z.number(),
      action: text,
      name: text,
      startedAt: z.number(),
      endedAt: optional(z.number()),
      outcome: z.enum(['done', 'failed', 'not run']),
      message: optional(text),
      evidence: evidences,
    }),
  ),
  faults: z.array(
    z.object({
      name: text,
      kind: text,
      injectedAt: optional(z.number()),
      rolledBackAt: optional(z.number()),
      evidence: evidences,
    }),
  ),
  probes: z.array(z.object({ name: text, kind: text, service: optional(text), everyMs: z.number() })),
  timeline: z.array(timelineEvent),
  fidelity: finding,
  errors: z.array(z.object({ message: text, advice: optional(text), lastLog: optional(text) })),
  damage: z.array(z.object({ what: text, undo: text })),
})

export const runRecordSchema: z.ZodType<RunRecord> = z.object({
  version: z.literal(1),
  run: text.min(1),
  drill: z.object({
    name: text,
    title: text,
    file: optional(text),
    report: z.partialRecord(z.enum(reportFields), z.union([text, names])),
    schedule: optional(z.object({ cron: text, timezone: text })),
    previousRun: optional(z.object({ run: text, startedAt: wall, verdict })),
    nextDue: optional(wall),
  }),
  startedAt: wall,
  endedAt: wall,
  verdict,
  failure: optional(z.object({ message: text, exitCode: z.number() })),
  machine: z.object({
    platform: text,
    cores: z.number(),
    memoryBytes: z.number(),
    node: text,
    hostname: text,
  }),
  harness: z.object({ version: text, commit: optional(text), dirty: optional(z.boolean()) }),
  runtime: z.enum(['container', 'process']),
  scenarios: z.array(scenario),
})
