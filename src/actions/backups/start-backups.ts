import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { ActionKind } from '../../model/kind.ts'

const spec = z.strictObject({ service: serviceName.describe('the service whose backup schedule is started') })

export const startBackups: ActionKind<z.output<typeof spec>> = {
  summary: 'Repairs the backup job and starts its schedule again.',
  spec,
  example: `
kind: start-backups
service: primary
`,
  needs: ({ service }) => [{ service, ability: 'backups' }],
  async perform({ service }, run) {
    const backups = run.ability(service, 'backups')
    await backups.mendJob()
    await backups.startSchedule()
    return [{ kind: 'text', title: 'backups', text: `the backups of ${service} run on schedule again` }]
  },
}
