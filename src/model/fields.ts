import { z } from 'zod'
import { parseDuration } from './duration.ts'

/** A duration in YAML, drill time; seconds in code. */
export const duration = z
  .string()
  .transform((text, context) => {
    const seconds = parseDuration(text)
    if (seconds !== undefined) return seconds
    context.addIssue({
      code: 'custom',
      message: `expected a duration such as 30s, 5m or 1h30m, got ${JSON.stringify(text)}`,
    })
    return z.NEVER
  })
  .meta({ description: 'a duration such as 30s, 5m or 1h30m (drill time)', pattern: '^([0-9]+(y|w|d|h|m|s|ms))+$|^0$' })

/** The name of a service of the scenario. `run` checks that it exists and has the needed ability. */
export const serviceName = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, 'expected a name of lower-case letters, digits and dashes')

/** Label values to be equal, or `{ matches: regex }` (RE2, fully anchored). */
export const labelPatterns = z.record(z.string(), z.union([z.string(), z.strictObject({ matches: z.string() })]))
export type LabelPatterns = z.output<typeof labelPatterns>

/** When an expectation must hold; at most one of them. Drill time since the fault (in `after`: since recovery). Read by run/observe.ts for every kind alike. */
export const timing = {
  within: duration.optional().describe('met at the latest this long after the fault'),
  between: z
    .tuple([duration, duration])
    .optional()
    .describe('first met in this span after the fault, not earlier and not later'),
  throughout: duration.optional().describe('met at every look for this long'),
  never: z
    .union([z.literal(true), duration])
    .optional()
    .describe('not met at any look until the end of observation, or for this long'),
}

/** A duration in YAML that is never scaled; seconds in code. Real clients, networks and recoveries live in wall time. */
export const wallDuration = duration.describe('a duration such as 300ms, 30s or 5m (wall time: never scaled)')
