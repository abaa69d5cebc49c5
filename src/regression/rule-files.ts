import { globSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Problem, ScenarioError } from '../model/errors.ts'
import { type RuleFile, readRuleFile } from '../monitoring/rules/read.ts'

/** The rule files among files, folders and patterns. Throws ScenarioError for what is not there or is no rule file. */
export function readRuleFiles(patterns: readonly string[]): RuleFile[] {
  const problems: Problem[] = []
  const found = new Map<string, RuleFile>()
  for (const pattern of patterns) {
    const paths = pathsOf(pattern)
    if (paths.length === 0)
      problems.push({ file: pattern, message: 'no such file, and no file matches it as a pattern' })
    for (const { path, named } of paths) {
      const text = readFileSync(path, 'utf8')
      if (!named && !/^\s*(spec:\s*)?["']?groups["']?\s*:/m.test(text)) continue
      const { file, problems: own } = readRuleFile(text, path)
      problems.push(...own)
      found.set(realpathSync(path), file)
    }
  }
  if (problems.length > 0) throw new ScenarioError(problems)
  if (found.size === 0) throw new ScenarioError([{ file: patterns.join(' '), message: 'holds no rule file' }])
  return [...found.values()]
}

/** `named`: the user means this very file; else it was found in a folder and may be anything. */
function pathsOf(pattern: string): { path: string; named: boolean }[] {
  const facts = statSync(pattern, { throwIfNoEntry: false })
  if (facts?.isFile()) return [{ path: pattern, named: true }]
  if (facts?.isDirectory())
    return readdirSync(pattern, { recursive: true, encoding: 'utf8' })
      .filter(name => /\.(ya?ml|json|rules)$/.test(name) && !/(^|\/)(node_modules|\.git)\//.test(name))
      .sort()
      .map(name => ({ path: join(pattern, name), named: false }))
      .filter(({ path }) => statSync(path).isFile())
  return globSync(pattern)
    .sort()
    .map(path => ({ path, named: true }))
}
