import { z } from 'zod'
import { serviceName } from '../../model/fields.ts'
import type { ActionKind, RunContext } from '../../model/kind.ts'

const spec = z.strictObject({
  service: serviceName.describe('the endpoint that clients connect to'),
  to: serviceName.describe('the service that gets the traffic from now on'),
})

export const repoint: ActionKind<z.output<typeof spec>> = {
  summary: 'Sends clients to another service and closes their connections to the old one.',
  spec,
  example: `
kind: repoint
service: database
to: standby
`,
  needs: ({ service, to }) => [
    { service, ability: 'endpoint' },
    { service: to, ability: 'endpoint' },
  ],
  async perform({ service, to }, run) {
    const from = await pointTo(service, to, run)
    return [{ kind: 'values', title: `${service} was repointed`, values: { from, to } }]
  },
}

/** Gives the service that had the traffic before. */
export async function pointTo(service: string, to: string, run: RunContext): Promise<string> {
  const endpoint = run.ability(service, 'endpoint')
  if (endpoint.repoint === undefined)
    throw new Error(`${service} has an address of its own that leads nowhere else: it cannot be repointed to ${to}`)
  const from = endpoint.target()
  await endpoint.repoint(to)
  return from
}
