import { ScenarioError } from '../../model/errors.ts'
import type { RuleFile } from '../../monitoring/rules/read.ts'
import { parseSeriesName } from '../../promql/series-notation.ts'
import { metricName, selectors } from '../../promql/walk.ts'
import type { CheckFile } from '../check/collect.ts'
import type { Prepared } from '../check/library.ts'
import { prepareScenarios } from '../check/prepare-scenarios.ts'
import type { PlayedScenario } from '../check/scenario-file.ts'
import { courseOf, horizonOf, judgeEvaluations, judgeScenario } from '../check/scenarios.ts'
import { simulate, Unsimulated } from '../check/simulate.ts'
import { inLanes } from '../promtool/lanes.ts'
import type { PromtoolPool } from '../promtool/pool.ts'
import type { CarriedRule, RuleSet } from '../promtool/rule-set.ts'
import { inParts } from './beside.ts'
import type { Fate } from './mutant.ts'
import { placesIn, RulePlaces } from './places.ts'
import { type RuleMutant, writeRule } from './rule-mutants.ts'
import { readsStates } from './watchers.ts'

/** A simulated scenario that may notice mutants. */
export interface Scene {
  readonly file: string
  readonly scenario: PlayedScenario
  readonly prepared: Prepared
  /** Rules whose change it could notice, by their places. */
  readonly seen: ReadonlyMap<string, CarriedRule>
}

/** A mutant, and the rule of the scene's rule set that it stands for. */
interface Asked {
  readonly mutant: RuleMutant
  readonly rule: CarriedRule
}

export interface ScenarioFates {
  readonly fates: ReadonlyMap<RuleMutant, Fate>
  /** Scenarios that do not hold with the rules as they are, and so were not asked. */
  readonly failing: number
}

/** Asks simulated scenarios about mutants that no unit test notices. */
export async function killByScenarios(
  mutants: readonly RuleMutant[],
  rules: readonly RuleFile[],
  scenes: readonly Scene[],
  pool: PromtoolPool,
): Promise<ScenarioFates> {
  const places = new RulePlaces(rules)
  const byPlace = Map.groupBy(mutants, ({ rule }) => places.of(rule))
  const fates = new Map<RuleMutant, Fate>()
  let failing = 0
  await inLanes(scenes, async scene => {
    const asked = [...scene.seen].flatMap(([place, rule]) =>
      (byPlace.get(place) ?? []).flatMap(mutant => (fates.has(mutant) ? [] : [{ mutant, rule }])),
    )
    if (asked.length === 0) return
    if ((await verdict(scene, scene.prepared.rules, pool)) !== 'met') {
      failing++
      return
    }
    for (const part of inParts(asked))
      for (const mutant of await noticed(scene, part, pool))
        fates.set(mutant, { fate: 'killed', by: `${scene.file}:${scene.scenario.line}` })
  })
  return { fates, failing }
}

/** The mutants that a scene, which holds, notices: those that can be are played side by side, the others one by one. */
async function noticed(scene: Scene, asked: readonly Asked[], pool: PromtoolPool): Promise<RuleMutant[]> {
  const { together, alone } = Object.groupBy(asked, one => (standsBeside(one, scene) ? 'together' : 'alone'))
  const verdicts = together === undefined ? new Map<RuleMutant, boolean>() : await askTogether(scene, together, pool)
  const open = [...(alone ?? []), ...(together ?? [])].filter(({ mutant }) => !verdicts.has(mutant))
  await Promise.all(
    open.map(async ({ mutant, rule }) => {
      const changed = replaced(scene.prepared.rules, one => (one === rule ? mutated(rule, mutant, rule.name) : [one]))
      verdicts.set(mutant, (await verdict(scene, changed, pool)) !== 'met')
    }),
  )
  return [...verdicts].flatMap(([mutant, seen]) => (seen ? [mutant] : []))
}

/** No other rule has its name or could read its state. */
function standsBeside({ rule }: Asked, { prepared: { rules } }: Scene): boolean {
  const all = rules.groups.flatMap(group => group.rules)
  return (
    rule.kind === 'alert' &&
    all.filter(({ kind, name }) => kind === rule.kind && name === rule.name).length === 1 &&
    !all.some(({ expression }) => readsStates(expression))
  )
}

/** Whether the scene notices each; nothing of those that have to be played on their own. */
async function askTogether(
  { file, scenario, prepared }: Scene,
  asked: readonly Asked[],
  pool: PromtoolPool,
): Promise<Map<RuleMutant, boolean>> {
  const named = asked.map((one, index) => ({ ...one, copy: `${one.rule.name}#${index}` }))
  const copies = new Map(named.map(({ copy, rule }) => [copy, rule.name]))
  const rules = replaced(prepared.rules, rule => [
    rule,
    ...named.flatMap(one => (one.rule === rule ? mutated(rule, one.mutant, one.copy) : [])),
  ])
  const verdicts = new Map<RuleMutant, boolean>()
  try {
    const evaluations = await simulate({ file, scenario, rules, until: horizonOf(scenario), copies }, pool)
    for (const { mutant, rule, copy } of named) {
      const own = evaluations.map(({ at, alerts }) => ({
        at,
        alerts: alerts.flatMap(one => {
          if (one.alert === copy) return [{ ...one, alert: rule.name, labels: { ...one.labels, alertname: rule.name } }]
          return one.alert === rule.name || copies.has(one.alert) ? [] : [one]
        }),
      }))
      const course = courseOf(scenario, own)
      if (course.seen) verdicts.set(mutant, judgeEvaluations(file, scenario, prepared, own, course).verdict !== 'met')
    }
  } catch (thrown) {
    if (!(thrown instanceof Unsimulated)) throw thrown
  }
  return verdicts
}

/** Throws ScenarioError with the problems of all files. */
export function scenesOf(files: readonly CheckFile[]): Scene[] {
  return prepareScenarios(files).flatMap((one): Scene[] => {
    if ('live' in one) return []
    const places = placesIn(one.prepared)
    const seen = new Map([...seenBy(one.scenario, one.prepared)].map(rule => [places.get(rule) ?? '', rule]))
    return [{ ...one, file: one.file.file, seen }]
  })
}

/** Every alert that its expectations name or that reads what it plays, with all that the alert needs: no other alert may fire. */
function seenBy(scenario: PlayedScenario, { rules, selection }: Prepared): ReadonlySet<CarriedRule> {
  const metrics = new Set<string | undefined>(['up', undefined])
  for (const { name } of scenario.series) {
    const series = parseSeriesName(name)
    metrics.add('error' in series ? undefined : series.metric)
  }
  const named = [...scenario.steady, ...scenario.expect, ...scenario.after].flatMap(expected =>
    expected.kind === 'alert' ? [expected.alert.alert] : [],
  )
  const alerts = rules.groups.flatMap(group => group.rules).filter(({ kind }) => kind === 'alert')
  const seen = new Set(selection.needed(named, []))
  for (const { name } of alerts) {
    const needed = selection.needed([name], [])
    const reads = [...needed].some(({ expression }) =>
      selectors(expression).some(selector => metrics.has(metricName(selector))),
    )
    if (reads) for (const rule of needed) seen.add(rule)
  }
  return seen
}

function replaced(rules: RuleSet, replace: (rule: CarriedRule) => readonly CarriedRule[]): RuleSet {
  return { ...rules, groups: rules.groups.map(group => ({ ...group, rules: group.rules.flatMap(replace) })) }
}

/** The rule after the change, under this name; nothing when it is removed. */
function mutated(rule: CarriedRule, { changed }: RuleMutant, name: string): CarriedRule[] {
  if (changed === undefined) return []
  const yaml = writeRule(rule.kind, name, changed)
  const bare = writeRule(rule.kind, name, { ...changed, annotations: {} })
  return [{ ...rule, name, expr: changed.expr, yaml, bare }]
}

async function verdict({ file, scenario, prepared }: Scene, rules: RuleSet, pool: PromtoolPool) {
  try {
    return (await judgeScenario(file, scenario, prepared, pool, rules)).verdict
  } catch (thrown) {
    // promtool does not take it: it would be noticed.
    if (thrown instanceof Unsimulated || thrown instanceof ScenarioError) return 'unmet'
    throw thrown
  }
}
