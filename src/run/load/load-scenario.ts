import { z } from 'zod'
import { checkScenario } from './check-scenario.ts'
import { decode, decodeKind } from './decode.ts'
import { decodeExpectation } from './expectation.ts'
import { loadMonitoring } from './load-monitoring.ts'
import { registries, writable } from './registries.ts'
import type {
  Chosen,
  LoadedFault,
  LoadedProbe,
  LoadedScenario,
  LoadedService,
  LoadedStep,
  TimedExpectation,
} from './scenario.ts'
import { faultKeys, probeKeys, scenarioShape, stepKeys } from './shape.ts'
import type { DecodedYaml, Problems } from './source.ts'

/** A step that says no limit of its own counts as hanging after this many wall seconds. */
const STEP_LIMIT = 60

type Shape = z.output<typeof scenarioShape>
type Path = readonly PropertyKey[]

/** Decodes one scenario file and everything that it names. Undefined when a problem was added. */
export async function loadScenario(
  yaml: DecodedYaml,
  root: string,
  problems: Problems,
): Promise<LoadedScenario | undefined> {
  const before = problems.all.length
  const shape = decode(scenarioShape, yaml.value, yaml, [], problems)
  if (shape === undefined) {
    decodeParts((yaml.value ?? {}) as Partial<Shape>, yaml, problems)
    return undefined
  }
  const parts = decodeParts(shape, yaml, problems)
  const monitoring = await loadMonitoring(shape.monitoring, yaml, root, problems)
  const scenario: LoadedScenario = {
    source: yaml.source,
    name: shape.scenario,
    title: shape.title,
    system: shape.system,
    ...(shape.rationale === undefined ? {} : { rationale: shape.rationale }),
    monitoring,
    timeScale: shape.timeScale,
    ...parts.loaded,
    steadyFor: shape.steadyFor,
    objectives: Object.fromEntries(Object.entries(shape.objectives).filter(([, value]) => value !== undefined)),
    observe: shape.observe,
  }
  if (problems.all.length === before) checkScenario(scenario, parts.places, problems)
  return problems.all.length === before ? scenario : undefined
}

function decodeParts(shape: Partial<Shape>, yaml: DecodedYaml, problems: Problems) {
  const places = new Map<Chosen, { line: number; column: number }>()
  const keep = <T extends Chosen>(path: Path, chosen: T): T => {
    places.set(chosen, yaml.position(path))
    return chosen
  }
  const outer = <Keys extends z.ZodRawShape>(keys: Keys, value: unknown, path: Path) =>
    decode(z.object(keys), pick(value, Object.keys(keys)), yaml, path, problems)

  const services = entries(shape.services).flatMap(([name, value]): LoadedService[] => {
    const path = ['services', name]
    const chosen = decodeKind('service', writable('service'), value, yaml, path, [], problems)
    return chosen === undefined ? [] : [keep(path, { ...bare(chosen), name })]
  })
  const probes = entries(shape.probes).flatMap(([name, value]): LoadedProbe[] => {
    const path = ['probes', name]
    const chosen = decodeKind('probe', registries.probe, value, yaml, path, Object.keys(probeKeys), problems)
    const keys = outer(probeKeys, value, path)
    return chosen === undefined || keys === undefined
      ? []
      : [keep(path, { ...bare(chosen), name, everyMs: keys.every * 1000 })]
  })
  const faults = items(shape.faults).flatMap((value, index): LoadedFault[] => {
    const path = ['faults', index]
    const chosen = decodeKind('fault', registries.fault, value, yaml, path, Object.keys(faultKeys), problems)
    const keys = outer(faultKeys, value, path)
    return chosen === undefined || keys === undefined
      ? []
      : [keep(path, { ...bare(chosen), name: keys.name ?? named(chosen.kind, value), at: keys.at ?? 0 })]
  })
  const recover = items(shape.recover).flatMap((value, index): LoadedStep[] => {
    const path = ['recover', index]
    const chosen = decodeKind('action', registries.action, value, yaml, path, Object.keys(stepKeys), problems)
    const keys = outer(stepKeys, value, path)
    if (chosen === undefined || keys === undefined) return []
    const nested = registries.action[chosen.kind]?.expectations?.(chosen.spec) ?? []
    for (const expectation of nested) decodeExpectation(expectation, yaml, path, problems)
    return [
      keep(path, { ...bare(chosen), name: keys.name ?? named(chosen.kind, value), limit: keys.limit ?? STEP_LIMIT }),
    ]
  })
  const expectations = (list: 'steady' | 'expect' | 'after'): TimedExpectation[] =>
    items(shape[list]).flatMap((value, index) => {
      const path = [list, index]
      const expectation = decodeExpectation(value, yaml, path, problems)
      return expectation === undefined ? [] : [keep(path, expectation)]
    })
  return {
    places,
    loaded: {
      services,
      probes,
      faults,
      recover,
      steady: expectations('steady'),
      expect: expectations('expect'),
      after: expectations('after'),
    },
  }
}

function bare({ kind, spec, place }: Chosen): Chosen {
  return { kind, spec, place }
}

/** `kill primary`: enough for people to tell two faults apart. */
function named(kind: string, value: unknown): string {
  const { service, from, to } = value as Record<string, unknown>
  return [kind, service, from, to].filter(part => typeof part === 'string').join(' ')
}

function pick(value: unknown, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(typeof value === 'object' && value !== null ? value : {}).filter(([key]) => keys.includes(key)),
  )
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
}

function items(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
