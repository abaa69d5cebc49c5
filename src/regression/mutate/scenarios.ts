import { ScenarioError } from '../../model/errors.ts'
import type { Verdict } from '../../model/verdict.ts'
import type { RuleFile } from '../../monitoring/rules/read.ts'
import { parseSeriesName } from '../../promql/series-notation.ts'
import { metricName, selectors } from '../../promql/walk.ts'
import type { CheckFile } from '../check/collect.ts'
import type { Prepared } from '../check/library.ts'
import { prepareScenarios } from '../check/prepare-scenarios.ts'
import type { PlayedScenario } from '../check/scenario-file.ts'
import { courseOf, horizonOf, judgeEvaluations, judgeScenario } from '../check/scenarios.ts'
import { type Evaluations, simulate, Unsimulated } from '../check/simulate.ts'
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
    let held: Verdict | undefined
    for (const part of inParts(asked)) {
      const played = await playTogether(scene, part, pool)
      held ??= played.original ?? (await verdict(scene, scene.prepared.rules, pool))
      if (held !== 'met') {
        failing++
        return
      }
      for (const mutant of await noticed(scene, part, played.verdicts, pool))
        fates.set(mutant, { fate: 'killed', by: `${scene.file}:${scene.scenario.line}` })
    }
  })
  return { fates, failing }
}

/** The mutants that a scene, which holds, notices: those without a verdict yet are played one by one. */
async function noticed(
  scene: Scene,
  asked: readonly Asked[],
  known: ReadonlyMap<RuleMutant, Verdict>,
  pool: PromtoolPool,
): Promise<RuleMutant[]> {
  const seen = await Promise.all(
    asked.map(async ({ mutant, rule }) => {
      const changed = () =>
        replaced(scene.prepared.rules, one => (one === rule ? mutated(rule, mutant, rule.name) : [one]))
      return (known.get(mutant) ?? (await verdict(scene, changed(), pool))) === 'met' ? [] : [mutant]
    }),
  )
  return seen.flat()
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

/**
 * The scene's verdicts on the rules as they are and on the mutants that can stand beside them, from one play; none on what has to be
 * played on its own.
 */
async function playTogether(
  scene: Scene,
  asked: readonly Asked[],
  pool: PromtoolPool,
): Promise<{ original: Verdict | undefined; verdicts: ReadonlyMap<RuleMutant, Verdict> }> {
  const { file, scenario, prepared } = scene
  const named = asked
    .filter(one => standsBeside(one, scene))
    .map((one, index) => ({ ...one, copy: `${one.rule.name}#${index}` }))
  const copies = new Map(named.map(({ copy, rule }) => [copy, rule.name]))
  const rules = replaced(prepared.rules, rule => [
    rule,
    ...named.flatMap(one => (one.rule === rule ? mutated(rule, one.mutant, one.copy) : [])),
  ])
  const judge = (evaluations: Evaluations): Verdict | undefined => {
    const course = courseOf(scenario, evaluations)
    return course.seen ? judgeEvaluations(file, scenario, prepared, evaluations, course).verdict : undefined
  }
  try {
    const evaluations = await simulate({ file, scenario, rules, until: horizonOf(scenario), copies }, pool)
    const verdicts = named.flatMap(({ mutant, rule, copy }): [RuleMutant, Verdict][] => {
      const own = judge(as(evaluations, copies, { alert: rule.name, copy }))
      return own === undefined ? [] : [[mutant, own]]
    })
    return { original: judge(as(evaluations, copies)), verdicts: new Map(verdicts) }
  } catch (thrown) {
    if (!(thrown instanceof Unsimulated)) throw thrown
    return { original: undefined, verdicts: new Map() }
  }
}

/** What would have been seen without copies, with one of them in the place of its original. */
function as(
  evaluations: Evaluations,
  copies: ReadonlyMap<string, string>,
  instead?: { readonly alert: string; readonly copy: string },
): Evaluations {
  return evaluations.map(({ at, alerts }) => ({
    at,
    alerts: alerts.flatMap(one => {
      if (one.alert === instead?.copy)
        return [{ ...one, alert: instead.alert, labels: { ...one.labels, alertname: instead.alert } }]
      return one.alert === instead?.alert || copies.has(one.alert) ? [] : [one]
    }),
  }))
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
