import type { AbilityName } from '../../model/abilities.ts'
import type { Need } from '../../model/kind.ts'
import { unknownName } from './decode.ts'
import { implicit, registries } from './registries.ts'
import type { Chosen, LoadedScenario } from './scenario.ts'
import type { Problems } from './source.ts'

/** Names that mean something else in every run, and what. */
const reserved: ReadonlyMap<string, string> = new Map([
  ['clients', 'those who use the services'],
  ...implicit().map(name => [name, 'a service that every run has'] as const),
])

/** What only the whole scenario can tell: names that do not exist, abilities that are missing, cycles, objectives that nothing measures. */
export function checkScenario(
  scenario: LoadedScenario,
  places: ReadonlyMap<Chosen, { line: number; column: number }>,
  problems: Problems,
): void {
  const { file } = scenario.source
  const kinds = new Map(scenario.services.map(service => [service.name, service]))
  const complain = (chosen: Chosen, message: string): void => problems.add(file, message, places.get(chosen))

  const offered = (name: string): readonly AbilityName[] => {
    const service = kinds.get(name)
    return service === undefined ? [] : (registries.service[service.kind]?.abilities(service.spec) ?? [])
  }
  const checkNeeds = (chosen: Chosen, needs: readonly Need[]): void => {
    for (const { service, ability } of needs) {
      if (!kinds.has(service)) complain(chosen, `${chosen.kind}: ${unknownName('service', service, [...kinds.keys()])}`)
      else if (!offered(service).includes(ability)) {
        const able = [...kinds.keys()].filter(name => offered(name).includes(ability))
        complain(
          chosen,
          `${chosen.kind}: the service "${service}" (${kinds.get(service)?.kind}) has no ability "${ability}"; ${able.length === 0 ? 'no service of this scenario has it' : `these have it: ${able.join(', ')}`}`,
        )
      }
    }
  }
  for (const service of scenario.services) {
    if (reserved.has(service.name))
      complain(service, `the service name "${service.name}" is taken by ${reserved.get(service.name)}; choose another`)
    for (const name of registries.service[service.kind]?.dependsOn(service.spec) ?? [])
      if (!kinds.has(name)) complain(service, `${service.name}: ${unknownName('service', name, [...kinds.keys()])}`)
      else if (reaches(name, service.name, scenario))
        complain(service, `${service.name} and ${name} depend on each other; one must be able to start first`)
  }
  for (const fault of scenario.faults) {
    const kind = registries.fault[fault.kind]
    checkNeeds(fault, kind?.needs(fault.spec) ?? [])
    for (const name of kind?.services?.(fault.spec) ?? [])
      if (!kinds.has(name)) complain(fault, `${fault.kind}: ${unknownName('service', name, [...kinds.keys()])}`)
  }
  for (const step of scenario.recover) checkNeeds(step, registries.action[step.kind]?.needs(step.spec) ?? [])
  for (const probe of scenario.probes) checkNeeds(probe, registries.probe[probe.kind]?.needs(probe.spec) ?? [])
  for (const expectation of [...scenario.steady, ...scenario.expect, ...scenario.after])
    checkNeeds(expectation, registries.expectation[expectation.kind]?.needs(expectation.spec) ?? [])

  checkUnique('fault', scenario.faults, complain)
  checkUnique('step', scenario.recover, complain)
  if (scenario.faults.length === 0)
    problems.add(
      file,
      `no fault: a scenario without one proves nothing. Known: ${Object.keys(registries.fault).join(', ')}`,
    )
  if (scenario.objectives.rto !== undefined && scenario.probes.length === 0)
    problems.add(
      file,
      'objectives.rto without a probe that could measure it; add one under probes: (for example sql-write)',
    )
  if (
    scenario.objectives.rpo !== undefined &&
    !scenario.probes.some(probe => registries.probe[probe.kind]?.ledger === true)
  )
    problems.add(
      file,
      `objectives.rpo without a probe that counts lost writes; add one of ${Object.keys(registries.probe)
        .filter(kind => registries.probe[kind]?.ledger === true)
        .join(', ')} under probes:`,
    )
  const detected = scenario.expect.some(
    ({ kind, timing }) => registries.expectation[kind]?.detects === true && timing.when !== 'never',
  )
  if (scenario.objectives.detect !== undefined && !detected)
    problems.add(file, 'objectives.detect without an expected alert that could measure it; add one under expect:')
}

function checkUnique(
  what: string,
  named: readonly (Chosen & { name: string })[],
  complain: (chosen: Chosen, message: string) => void,
): void {
  const seen = new Set<string>()
  for (const one of named) {
    if (seen.has(one.name)) complain(one, `two ${what}s are called "${one.name}"; give one of them a name: of its own`)
    seen.add(one.name)
  }
}

function reaches(from: string, to: string, scenario: LoadedScenario, seen = new Set<string>()): boolean {
  if (from === to) return true
  if (seen.has(from)) return false
  seen.add(from)
  const service = scenario.services.find(({ name }) => name === from)
  return (service === undefined ? [] : (registries.service[service.kind]?.dependsOn(service.spec) ?? [])).some(next =>
    reaches(next, to, scenario, seen),
  )
}
