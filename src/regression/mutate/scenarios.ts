import { dirname, join } from 'node:path'
import { ScenarioError } from '../../model/errors.ts'
import type { RuleFile } from '../../monitoring/rules/read.ts'
import { parsePromql } from '../../promql/parse.ts'
import { parseSeriesName } from '../../promql/series-notation.ts'
import { metricName, selectors } from '../../promql/walk.ts'
import type { CheckFile } from '../check/collect.ts'
import { type Prepared, RuleLibrary } from '../check/library.ts'
import { type PlayedScenario, readScenario } from '../check/scenario-file.ts'
import { judgeScenario } from '../check/scenarios.ts'
import { Unsimulated } from '../check/simulate.ts'
import { inLanes } from '../promtool/lanes.ts'
import type { PromtoolPool } from '../promtool/pool.ts'
import type { CarriedRule, RuleSet } from '../promtool/rule-set.ts'
import type { Fate } from './mutant.ts'
import { placesIn, RulePlaces } from './places.ts'
import { type RuleMutant, writeRule } from './rule-mutants.ts'

interface Scene {
  readonly file: string
  readonly scenario: PlayedScenario
  readonly prepared: Prepared
  /** Rules whose change it could notice, by their places. */
  readonly seen: ReadonlyMap<string, CarriedRule>
  /** With the rules as they are; asked when it is needed. */
  held: Promise<boolean> | undefined
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
  files: readonly CheckFile[],
  pool: PromtoolPool,
): Promise<ScenarioFates> {
  const places = new RulePlaces(rules)
  const watching = new Map<string, { scene: Scene; rule: CarriedRule }[]>()
  for (const scene of scenesOf(files))
    for (const [place, rule] of scene.seen) {
      const same = watching.get(place)
      if (same === undefined) watching.set(place, [{ scene, rule }])
      else same.push({ scene, rule })
    }
  const fates = new Map<RuleMutant, Fate>()
  let failing = 0
  const holds = async (scene: Scene): Promise<boolean> => {
    const held = (await verdict(scene, scene.prepared.rules, pool)) === 'met'
    if (!held) failing++
    return held
  }
  await inLanes(mutants, async mutant => {
    for (const { scene, rule } of watching.get(places.of(mutant.rule)) ?? []) {
      scene.held ??= holds(scene)
      if (!(await scene.held)) continue
      if ((await verdict(scene, changedIn(scene.prepared.rules, rule, mutant), pool)) === 'met') continue
      fates.set(mutant, { fate: 'killed', by: `${scene.file}:${scene.scenario.line}` })
      return
    }
  })
  return { fates, failing }
}

function scenesOf(files: readonly CheckFile[]): Scene[] {
  const library = new RuleLibrary()
  return files.flatMap((file): Scene[] => {
    const scenario = readScenario(file)
    if ('live' in scenario) return []
    const prepared = library.prepareFiles(scenario.rules.map(path => join(dirname(file.file), path)))
    if (prepared === undefined) return []
    const places = placesIn(prepared)
    const seen = new Map([...seenBy(scenario, prepared)].map(rule => [places.get(rule) ?? '', rule]))
    return [{ file: file.file, scenario, prepared, seen, held: undefined }]
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

/** The rule set with the mutant in place of the rule. */
function changedIn(rules: RuleSet, rule: CarriedRule, { changed }: RuleMutant): RuleSet {
  const expression = changed === undefined ? rule.expression : parsePromql(changed.expr)
  const mutated =
    changed === undefined || 'error' in expression
      ? []
      : [{ ...rule, expr: changed.expr, expression, yaml: writeRule(rule.kind, rule.name, changed) }]
  const groups = rules.groups.map(group => ({
    ...group,
    rules: group.rules.flatMap(one => (one === rule ? mutated : [one])),
  }))
  return { ...rules, groups }
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
