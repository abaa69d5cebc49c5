import { realpathSync } from 'node:fs'
import type { Rule, RuleFile } from '../../monitoring/rules/read.ts'
import type { Prepared } from '../check/library.ts'
import type { CarriedRule } from '../promtool/rule-set.ts'

/** Finds the rule of a rule file in the rule set of a test that names the file, under whatever path. */
export class RulePlaces {
  readonly #places: ReadonlyMap<Rule, string>

  constructor(files: readonly RuleFile[]) {
    this.#places = new Map(
      files.flatMap(({ file, groups }) =>
        groups.flatMap(({ rules }) => rules).map((rule, index) => [rule, `${real(file)} ${index}`] as const),
      ),
    )
  }

  of(rule: Rule): string {
    return this.#places.get(rule) ?? ''
  }
}

const known = new WeakMap<Prepared, ReadonlyMap<CarriedRule, string>>()

/** The same places of the rules of a test's rule set; worked out once for each. */
export function placesIn(prepared: Prepared): ReadonlyMap<CarriedRule, string> {
  const before = known.get(prepared)
  if (before !== undefined) return before
  const all = prepared.rules.groups.flatMap(group => group.rules)
  const places = new Map(
    [...Map.groupBy(all, rule => real(rule.file))].flatMap(([file, same]) =>
      same.map((rule, index) => [rule, `${file} ${index}`] as const),
    ),
  )
  known.set(prepared, places)
  return places
}

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
