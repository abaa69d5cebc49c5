import { z } from 'zod'

const UNITS = { kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 } as const

/** A size in YAML (`64MB`); bytes in code. */
export const size = z
  .string()
  .transform((text, context) => {
    const match = /^(\d+)(kB|MB|GB)$/.exec(text)
    if (match !== null) return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]
    context.addIssue({ code: 'custom', message: `expected a size such as 64MB, got ${JSON.stringify(text)}` })
    return z.NEVER
  })
  .meta({ description: 'a size such as 512kB, 64MB or 1GB', pattern: '^[0-9]+(kB|MB|GB)$' })
