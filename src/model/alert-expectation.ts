import { z } from 'zod'
import { labelPatterns } from './fields.ts'

/** The spec of the expectation kind `alert`; here because live runs and simulated ones read the same. */
export const alertExpectation = z.strictObject({
  alert: z.string().min(1),
  state: z.enum(['inactive', 'pending', 'firing', 'resolved']).default('firing'),
  labels: labelPatterns.default({}),
  annotations: labelPatterns.default({}),
})
export type AlertExpectation = z.output<typeof alertExpectation>
