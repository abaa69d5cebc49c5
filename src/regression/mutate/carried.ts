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

/** The rules of a test's rule set by the same places. */
export function carriedByPlace({ rules }: Prepared): ReadonlyMap<string, CarriedRule> {
  const all = rules.groups.flatMap(group => group.rules)
  return new Map(
    [...Map.groupBy(all, rule => real(rule.file))].flatMap(([file, same]) =>
      same.map((rule, index) => [`${file} ${index}`, rule] as const),
    ),
  )
}

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
