import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { ActionKind } from '../../model/kind.ts'
import { StepFailure } from '../../model/step-failure.ts'
import { chosenSet, describeSet, set } from './sets.ts'

const spec = z.strictObject({
  service: serviceName.describe('the service whose backup is verified'),
  set,
})

export const verifyBackup: ActionKind<z.output<typeof spec>> = {
  summary: 'Verifies a backup set against its manifest and checksums; it fails when the set is damaged.',
  spec,
  example: `
kind: verify-backup
service: primary
set: latest
`,
  needs: ({ service }) => [{ service, ability: 'backups' }],
  async perform({ service, set }, run) {
    const backups = run.ability(service, 'backups')
    const verified = await backups.verify((await chosenSet(backups, service, set)).id)
    const evidence = describeSet(`backup set ${verified.id} of ${service}`, verified)
    if (verified.verification === 'intact') return [evidence]
    throw new StepFailure(
      `backup set ${verified.id} of ${service} was expected to be intact, but it is ${verified.verification}: ${verified.verificationMessage ?? 'no reason given'}`,
      [evidence],
    )
  },
}
