import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseDuration } from '../../model/duration.ts'
import { type CheckFile, ruleFilesOf } from '../check/collect.ts'
import type { Checked } from '../check/result.ts'
import { readScenario } from '../check/scenario-file.ts'
import { readTestFile } from '../promtool/test-file.ts'

/** What a test shows of an alert. */
export type Facet = 'fire' | 'quiet' | 'resolve' | 'delivered'

/** Facets by rule file (real path) and alert, as far as tests that hold show them. */
export class Evidence {
  readonly #shown = new Set<string>()
  add(files: readonly string[], alert: string, facet: Facet): void {
    for (const file of files) this.#shown.add(keyOf(file, alert, facet))
  }
  has(file: string, alert: string, facet: Facet): boolean {
    return this.#shown.has(keyOf(file, alert, facet)) || this.#shown.has(keyOf('*', alert, facet))
  }
}

function keyOf(file: string, alert: string, facet: Facet): string {
  return JSON.stringify([file === '*' ? file : real(file), alert, facet])
}

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** What the tests show that hold; a test that fails shows nothing. */
export function simulatedEvidence(files: readonly CheckFile[], checked: readonly Checked[]): Evidence {
  const evidence = new Evidence()
  const held = new Set(checked.filter(({ verdict }) => verdict === 'met').map(({ file, line }) => `${file}:${line}`))
  const whole = new Set(checked.filter(({ verdict, line }) => verdict === 'met' && line === 1).map(({ file }) => file))
  for (const file of files) {
    if (file.kind === 'rules') fromTests(file, place => held.has(place) || whole.has(file.file), evidence)
    if (file.kind === 'scenario') fromScenario(file, place => held.has(place), evidence)
  }
  return evidence
}

function fromTests(file: CheckFile, holds: (place: string) => boolean, evidence: Evidence): void {
  const read = readTestFile(file.file, file.text)
  const rules = read.ruleFiles.flatMap(entry => ruleFilesOf(file.file, entry) ?? [])
  for (const test of read.tests.filter(({ line }) => holds(`${file.file}:${line}`)))
    for (const [alert, cases] of Map.groupBy(test.alerts, one => one.alert)) {
      let firing = 0
      for (const { count } of cases.toSorted((a, b) => (parseDuration(a.at) ?? 0) - (parseDuration(b.at) ?? 0))) {
        if (count > 0) evidence.add(rules, alert, 'fire')
        else evidence.add(rules, alert, 'quiet')
        if (count < firing) evidence.add(rules, alert, 'resolve')
        firing = count
      }
    }
}

function fromScenario(file: CheckFile, holds: (place: string) => boolean, evidence: Evidence): void {
  const scenario = readScenario(file)
  if ('live' in scenario || !holds(`${file.file}:${scenario.line}`)) return
  const rules = scenario.rules.map(rule => join(dirname(file.file), rule))
  for (const expected of [...scenario.steady, ...scenario.expect, ...scenario.after]) {
    if (expected.kind !== 'alert') continue
    const { alert, state } = expected.alert
    const never = expected.timing.when === 'never'
    if (state === 'firing') evidence.add(rules, alert, never ? 'quiet' : 'fire')
    if (state === 'inactive' && !never) evidence.add(rules, alert, 'quiet')
    if (state === 'resolved' && !never)
      for (const facet of ['fire', 'resolve'] as const) evidence.add(rules, alert, facet)
  }
}
