import { actions } from '../../actions/index.ts'
import { expectations } from '../../expectations/index.ts'
import { faults } from '../../faults/index.ts'
import type { ActionKind, ExpectationKind, FaultKind, Kind, ProbeKind, ServiceKind } from '../../model/kind.ts'
import { probes } from '../../probes/index.ts'
import { services } from '../../services/index.ts'

type Registry<K> = Readonly<Record<string, K>>

/**
 * The five families, looked up by the name that stands in YAML. What a spec holds only its own kind knows: a kind is
 * given nothing but what its own `spec` has decoded, which the compiler cannot see.
 */
export const registries = {
  service: services as unknown as Registry<ServiceKind<unknown>>,
  fault: faults as unknown as Registry<FaultKind<unknown>>,
  action: actions as unknown as Registry<ActionKind<unknown>>,
  expectation: expectations as unknown as Registry<ExpectationKind<unknown>>,
  probe: probes as unknown as Registry<ProbeKind<unknown>>,
} as const

export type Family = keyof typeof registries

const isImplicit = (kind: object): boolean => 'implicit' in kind && kind.implicit === true

/** The kinds that an author may write; some services are part of every run and written by nobody. */
export function writable(family: Family): Registry<Kind<unknown>> {
  const all: Registry<Kind<unknown>> = registries[family]
  return Object.fromEntries(Object.entries(all).filter(([, kind]) => !isImplicit(kind)))
}

/** The services that are part of every run; each is named as its kind. */
export function implicit(): string[] {
  return Object.entries(registries.service).flatMap(([name, kind]) => (isImplicit(kind) ? [name] : []))
}
