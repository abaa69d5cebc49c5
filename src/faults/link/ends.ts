import type { Link } from '../../model/abilities.ts'
import { serviceName } from '../../model/fields.ts'
import type { Evidence } from '../../model/finding.ts'
import type { RunContext } from '../../model/kind.ts'
import { nearest } from '../../model/nearest.ts'
import { undoable } from '../undoable.ts'

/** Which link a fault is about. */
export const ends = {
  from: serviceName.default('clients').describe('the service that connects; clients: the probes'),
  to: serviceName.describe('the service that is connected to'),
} as const

interface Ends {
  readonly from: string
  readonly to: string
}

/** The services among the ends. */
export const servicesOf = ({ from, to }: Ends): readonly string[] => (from === 'clients' ? [to] : [from, to])

/** A fault that does something to one link, and heals it. */
export function linkFault(spec: Ends, run: RunContext, evidence: Evidence, disturb: (link: Link) => Promise<void>) {
  for (const name of servicesOf(spec)) {
    if (run.services.includes(name)) continue
    const guess = nearest(name, run.services)
    throw new Error(
      `there is no service "${name}" to disturb the link of${guess === undefined ? '' : `, did you mean "${guess}"?`} Known: ${run.services.join(', ')}`,
    )
  }
  return undoable({
    async inject() {
      await disturb(await run.link(spec.from, spec.to))
      return [evidence]
    },
    undo: async () => (await run.link(spec.from, spec.to)).heal(),
  })
}
