import { z } from 'zod'
import { duration, serviceName, timing } from '../../model/fields.ts'
import { reportFields } from '../../model/record.ts'

/** The frame of a scenario file; what stands under `kind:` is decoded by the kinds themselves. */
const mapping = z.record(z.string(), z.unknown())
const list = z.array(mapping)

export const timeScale = z.union([z.literal('auto'), z.number().min(1).max(10_000)])

const wallDuration = duration.describe('wall time, since clients and real services live in it')

export const scenarioShape = z.strictObject({
  scenario: serviceName.describe('the name of the scenario, unique in its system'),
  title: z.string().min(1),
  system: z.string().min(1).default('default').describe('what is drilled; a label of the metrics'),
  rationale: z.string().optional().describe('why this failure was chosen; for auditors'),
  monitoring: z.strictObject({
    rules: z.array(z.string()).default([]).describe('rule files, unmodified, relative to this file'),
    alertmanager: z.string().optional().describe('the production alertmanager.yml, unmodified'),
    prometheus: z
      .string()
      .optional()
      .describe('the production prometheus.yml; its jobs keep names, intervals and relabelling'),
    scrapeInterval: duration.default(15).describe('drill time; when no prometheus.yml says it'),
    evaluationInterval: duration.optional().describe('drill time; default: the scrape interval'),
    externalLabels: z.record(z.string(), z.string()).default({}),
  }),
  timeScale: timeScale.default('auto').describe('drill seconds that pass in one wall second'),
  services: z.record(serviceName, mapping),
  probes: z.record(serviceName, mapping).default({}),
  steady: list.default([]).describe('must hold before the fault'),
  steadyFor: duration.default(0).describe('how long it must hold before anything is broken (drill time)'),
  faults: list.default([]),
  expect: list.default([]),
  recover: list.default([]),
  after: list.default([]).describe('must hold after recovery'),
  objectives: z
    .strictObject({
      detect: duration.optional(),
      notify: duration.optional(),
      rto: wallDuration.optional(),
      rpo: wallDuration.optional(),
    })
    .default({}),
  observe: duration.default(0).describe('how long at least everything is watched after the fault (drill time)'),
})

const named = z.string().min(1).optional().describe('for people; reports show it')
export const stepKeys = {
  name: named,
  limit: wallDuration.optional().describe('wall time after which the step has failed'),
} as const
export const faultKeys = {
  name: named,
  at: duration.optional().describe('drill time after the first fault; default: at once'),
} as const
export const probeKeys = {
  every: wallDuration.default(0.05).describe('wall time between two attempts; default 50ms'),
} as const
export const timingKeys = timing

export const drillShape = z.strictObject({
  drill: serviceName,
  title: z.string().min(1).optional(),
  schedule: z.strictObject({ cron: z.string().min(1), timezone: z.string().min(1).default('UTC') }).optional(),
  scenarios: z.array(z.string().min(1)).min(1).describe('scenario files, relative to this file; * and ** are allowed'),
  report: z
    .strictObject({
      formats: z.array(z.string()).default([]),
      ...Object.fromEntries(reportFields.map(field => [field, z.union([z.string(), z.array(z.string())]).optional()])),
    })
    .default({ formats: [] }),
})

export type MonitoringShape = z.output<typeof scenarioShape>['monitoring']
