import { alert } from './alert.ts'
import { backups } from './backups.ts'
import { http } from './http.ts'
import { notification } from './notification.ts'
import { promql } from './promql.ts'
import { quiet } from './quiet.ts'
import { redis } from './redis.ts'
import { sql } from './sql.ts'

/** What must be true. The key is the YAML `kind:`. */
export const expectations = { quiet, alert, notification, promql, sql, redis, http, backups } as const
