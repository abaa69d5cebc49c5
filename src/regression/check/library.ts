import { readFileSync } from 'node:fs'
import { type CarriedGroup, carryRules, type RuleSet } from '../promtool/rule-set.ts'
import { type Selection, selectionOf } from '../promtool/selection.ts'
import type { TestFile } from '../promtool/test-file.ts'
import { ruleFilesOf } from './collect.ts'

/** Rule files as tests name them. */
export interface Prepared {
  readonly rules: RuleSet
  readonly selection: Selection
}

/** Reads each rule file, and each set of rule files, once. */
export class RuleLibrary {
  readonly #groups = new Map<string, readonly CarriedGroup[] | undefined>()
  readonly #sets = new Map<string, Prepared | undefined>()

  /** Undefined when something in them is for promtool alone to judge. */
  prepare(test: Pick<TestFile, 'file' | 'ruleFiles'>): Prepared | undefined {
    const files = test.ruleFiles.map(entry => ruleFilesOf(test.file, entry))
    if (files.includes(undefined)) return undefined
    return this.prepareFiles(files.flatMap(paths => paths ?? []))
  }

  prepareFiles(files: readonly string[]): Prepared | undefined {
    const key = files.join('\n')
    if (!this.#sets.has(key)) this.#sets.set(key, this.#read(files))
    return this.#sets.get(key)
  }

  #read(files: readonly string[]): Prepared | undefined {
    const groups = files.map(file => {
      if (!this.#groups.has(file)) this.#groups.set(file, read(file))
      return this.#groups.get(file)
    })
    if (groups.includes(undefined)) return undefined
    const rules = { files, groups: groups.flatMap(group => group ?? []) }
    // In one scratch file two groups of one name would be refused, though two files may have one each.
    const names = new Set(rules.groups.map(({ name }) => name))
    return names.size === rules.groups.length ? { rules, selection: selectionOf(rules) } : undefined
  }
}

function read(file: string): readonly CarriedGroup[] | undefined {
  try {
    return carryRules(file, readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
