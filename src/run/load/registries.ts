import { actions } from '../../actions/index.ts'
import { expectations } from '../../expectations/index.ts'
import { faults } from '../../faults/index.ts'
import type { ActionKind, ExpectationKind, FaultKind, Kind, ProbeKind, ServiceKind } from '../../model/kind.ts'
import { probes } from '../../probes/index.ts'
import { services } from '../../services/index.ts'

/** The five families, looked up by the name that stands in YAML. Specs are unknown here: each kind decodes its own. */
export const registries: {
  readonly service: Readonly<Record<string, ServiceKind<never>>>
  readonly fault: Readonly<Record<string, FaultKind<never>>>
  readonly action: Readonly<Record<string, ActionKind<never>>>
  readonly expectation: Readonly<Record<string, ExpectationKind<never>>>
  readonly probe: Readonly<Record<string, ProbeKind<never>>>
} = { service: services, fault: faults, action: actions, expectation: expectations, probe: probes }

export type Family = keyof typeof registries

/** The kinds that an author may write; some services are part of every run and written by nobody. */
export function writable(family: Family): Readonly<Record<string, Kind<never>>> {
  return Object.fromEntries(
    Object.entries(registries[family] as Readonly<Record<string, Kind<never>>>).filter(
      ([, kind]) => !('implicit' in kind && kind.implicit),
    ),
  )
}
