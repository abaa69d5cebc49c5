import { z } from 'zod'
import { labelPatterns } from '../../model/fields.ts'

const labels = z.record(z.string(), z.string())

const alert = z.strictObject({
  labels: labels.describe('the labels of an alert that fires'),
  receivers: z.array(z.string()).optional().describe('exactly who is notified of it; [] when nobody is'),
  resolved: z
    .array(z.string())
    .optional()
    .describe(
      'exactly which of them also hear that it is over: by send_resolved, or what their integration does without it',
    ),
  routed: z
    .array(z.string())
    .optional()
    .describe('exactly the receivers that the route tree chooses, whether or not they are then notified'),
  inhibited: z
    .union([z.boolean(), labels])
    .optional()
    .describe('whether another alert of the test inhibits it; labels: of one that does'),
  silenced: z.boolean().optional().describe('whether a silence of the test hides it'),
  muted: z
    .union([z.boolean(), z.array(z.string())])
    .optional()
    .describe('whether time intervals mute it for all its receivers; a list: exactly the receivers it is muted for'),
})

const group = z.strictObject({
  receiver: z.string(),
  labels: labels.optional().describe('the labels that the notification is grouped by'),
  alerts: z.int().min(0).optional().describe('how many alerts are in it'),
})

const routeTest = z.strictObject({
  name: z.string().min(1),
  at: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('the instant at which time intervals are judged; without it nothing is muted'),
  silences: z.array(labelPatterns).default([]).describe('silences that are active; a value or { matches: regex }'),
  alerts: z.array(alert).min(1).describe('alerts that fire together'),
  groups: z.array(group).optional().describe('exactly the groups of alerts that are notified'),
})

/** A route-test file: what the real Alertmanager, given this tree, does with alerts that fire together. */
export const routesFile = z.strictObject({
  alertmanager: z.string().min(1).describe('the Alertmanager configuration, relative to this file'),
  routes: z.array(routeTest).min(1),
})

export type RouteTest = z.output<typeof routeTest>
export type ExpectedAlert = z.output<typeof alert>
