import { restoreBackup } from './backups/restore-backup.ts'
import { startBackups } from './backups/start-backups.ts'
import { takeBackup } from './backups/take-backup.ts'
import { verifyBackup } from './backups/verify-backup.ts'
import { failback } from './failover/failback.ts'
import { fence } from './failover/fence.ts'
import { promote } from './failover/promote.ts'
import { rebuildStandby } from './failover/rebuild-standby.ts'
import { repoint } from './failover/repoint.ts'
import { automatic } from './steps/automatic.ts'
import { command } from './steps/command.ts'
import { manual } from './steps/manual.ts'
import { restart } from './steps/restart.ts'
import { rollback } from './steps/rollback.ts'
import { verify } from './steps/verify.ts'
import { waitFor } from './steps/wait-for.ts'

/** The steps of a runbook. The key is the YAML `kind:`. */
export const actions = {
  rollback,
  restart,
  promote,
  fence,
  repoint,
  'restore-backup': restoreBackup,
  'rebuild-standby': rebuildStandby,
  failback,
  verify,
  'verify-backup': verifyBackup,
  'take-backup': takeBackup,
  'start-backups': startBackups,
  command,
  'wait-for': waitFor,
  manual,
  automatic,
} as const
