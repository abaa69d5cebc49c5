import { z } from 'zod'

/** A file beside an engine's main file: never outside of its directory. */
export const fileName = z
  .string()
  .regex(/^[^/\0][^\0]*$/, 'expected a relative path')
  .refine(name => !name.split('/').includes('..'), 'expected a path that stays in the directory')
