import { http } from './http.ts'
import { redisRead } from './redis-read.ts'
import { redisWrite } from './redis-write.ts'
import { sqlRead } from './sql-read.ts'
import { sqlWrite } from './sql-write.ts'

/** What clients do all the time. The key is the YAML `kind:`. */
export const probes = {
  'sql-write': sqlWrite,
  'sql-read': sqlRead,
  'redis-write': redisWrite,
  'redis-read': redisRead,
  http,
} as const
