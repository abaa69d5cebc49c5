import { z } from 'zod'

/** The answers of Prometheus's and Alertmanager's APIs, as far as they are read. */

const labels = z.record(z.string(), z.string())
const success = <Data extends z.ZodType>(data: Data) => z.object({ status: z.literal('success'), data })

export const alertsAnswer = success(
  z.object({
    alerts: z.array(
      z.object({
        labels,
        annotations: labels.default({}),
        state: z.enum(['pending', 'firing']),
        activeAt: z.string().default(''),
        value: z.string(),
      }),
    ),
  }),
)

const point = z.tuple([z.number(), z.string()])
export const queryAnswer = success(
  z.discriminatedUnion('resultType', [
    z.object({
      resultType: z.literal('vector'),
      result: z.array(z.object({ metric: labels, value: point.optional() })),
    }),
    z.object({ resultType: z.literal('scalar'), result: point }),
    z.object({ resultType: z.literal('string'), result: point }),
    z.object({
      resultType: z.literal('matrix'),
      result: z.array(z.object({ metric: labels, values: z.array(point).default([]) })),
    }),
  ]),
)

export const rulesAnswer = success(
  z.object({
    groups: z.array(
      z.object({
        name: z.string(),
        interval: z.number(),
        rules: z.array(
          z.object({
            type: z.string(),
            name: z.string(),
            query: z.string(),
            duration: z.number().default(0),
            labels: labels.default({}),
            health: z.string(),
            lastError: z.string().default(''),
            evaluationTime: z.number().default(0),
          }),
        ),
      }),
    ),
  }),
)

export const targetsAnswer = success(
  z.object({
    activeTargets: z.array(
      z.object({
        labels,
        scrapeUrl: z.string(),
        health: z.string(),
        lastError: z.string().default(''),
        lastScrape: z.string().default(''),
        lastScrapeDuration: z.number().default(0),
      }),
    ),
  }),
)

export const alertmanagerAlertsAnswer = z.array(
  z.object({
    labels,
    fingerprint: z.string(),
    receivers: z.array(z.object({ name: z.string() })),
    status: z.object({
      state: z.string(),
      inhibitedBy: z.array(z.string()).default([]),
      silencedBy: z.array(z.string()).default([]),
      mutedBy: z.array(z.string()).default([]),
    }),
  }),
)

export const alertmanagersAnswer = success(z.object({ activeAlertmanagers: z.array(z.object({ url: z.string() })) }))
