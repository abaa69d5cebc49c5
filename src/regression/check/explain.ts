import { formatDuration, parseDuration } from '../../model/duration.ts'
import { isScalar, walk } from '../../promql/walk.ts'
import type { PromtoolPool } from '../promtool/pool.ts'
import { type CarriedRule, writeRules } from '../promtool/rule-set.ts'
import { writeTest, writeTestFile } from '../promtool/test-file.ts'
import { readFailures } from '../promtool/verdicts.ts'
import type { Unexplained } from './single.ts'
import { samples } from './words.ts'

const MOST_EXPLAINED = 20
const MOST_PARTS = 12
/** Expected of every part, so that promtool prints what it got. */
const NEVER = '[{labels: genesis_drill_asks, value: 0}]'

/** Adds to each failed alert the value of every part of its expression at that instant, as promtool evaluates it. */
export async function explain(failed: readonly Unexplained[], pool: PromtoolPool): Promise<void> {
  const explainOne = async ({ single, failure, why }: Unexplained) => {
    if (failure.what !== 'alert') return
    const rules = single.prepared.rules.groups
      .flatMap(group => group.rules)
      .filter(rule => rule.kind === 'alert' && rule.name === failure.alert)
    if (rules.length === 0) {
      why.push(`no rule is called ${failure.alert} in ${single.prepared.rules.files.join(', ') || 'the rule files'}`)
      return
    }
    const instant = lastEvaluation(failure.at, single.file.evaluationInterval)
    const parts = rules.flatMap(partsOf)
    const state = `ALERTS{alertname=${JSON.stringify(failure.alert)}}`
    const expressions = [...parts, state].map(expr => ({ expr, at: instant, line: 0, expected: NEVER }))
    const kept = single.prepared.selection.select(single.test)
    const { text } = await pool.ask({
      file: {
        tests: ruleFiles => writeTestFile(single.file.head, ruleFiles, [writeTest(single.test, [], expressions)]),
        rules: writeRules(single.prepared.rules.groups, rule => kept.has(rule)),
      },
    })
    const got = new Map(readFailures(text).flatMap(f => (f.what === 'expression' ? [[f.expr, samples(f.got)]] : [])))
    for (const rule of rules) why.push(...valuesOf(rule, instant, got))
    why.push(`  ${state} is ${oneLine(got.get(state) ?? 'no sample')}`)
  }
  await Promise.all(failed.slice(0, MOST_EXPLAINED).map(explainOne))
}

function valuesOf(
  rule: CarriedRule,
  instant: string,
  got: ReadonlyMap<string | undefined, string | undefined>,
): string[] {
  const held = rule.for === undefined ? '' : `, for: ${rule.for}`
  return [
    `${rule.file}:${rule.line} ${rule.expr.trim().replace(/\s+/g, ' ')}${held}; at ${instant}:`,
    ...partsOf(rule).flatMap(part => {
      const value = got.get(part)
      return value === undefined ? [] : [`  ${part.replace(/\s+/g, ' ')} is ${oneLine(value)}`]
    }),
  ]
}

function oneLine(value: string): string {
  const lines = value.split('\n')
  return lines.length > 4 ? `${lines.slice(0, 4).join(', ')} and ${lines.length - 4} more` : lines.join(', ')
}

/** The parts that have a value at an instant, innermost first, the whole last. */
function partsOf(rule: CarriedRule): string[] {
  const parts = new Set<string>()
  for (const { node, ancestors } of [...walk(rule.expression)].reverse()) {
    const ranged = ancestors[0]?.type === 'matrix'
    if (
      node.type === 'number' ||
      node.type === 'string' ||
      node.type === 'matrix' ||
      node.type === 'subquery' ||
      ranged
    )
      continue
    if (node.type === 'paren' || (isScalar(node) && node.type !== 'call')) continue
    parts.add(rule.expr.slice(node.from, node.to).trim())
  }
  return [...parts].slice(-MOST_PARTS)
}

/** Alerts are compared as they were evaluated last: at the multiple of the interval before. */
function lastEvaluation(at: string, interval: string | undefined): string {
  const step = parseDuration(interval ?? '1m') || 60
  const seconds = parseDuration(at)
  return seconds === undefined ? at : formatDuration(Math.floor(seconds / step + 1e-9) * step)
}
