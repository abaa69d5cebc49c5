import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { type Problem, ScenarioError } from '../../model/errors.ts'

/** A file that can be checked, by what it holds. */
export interface CheckFile {
  readonly kind: 'rules' | 'scenario' | 'routes'
  /** As the user wrote it, or below the folder that the user named. */
  readonly file: string
  readonly text: string
}

const YAML = /\.(ya?ml|json)$/
const NOT_OURS = new Set(['node_modules', '.git', '.cache', 'reports', 'dist'])

/** All test files among the paths; folders are searched. Files named one by one must be such files, or a ScenarioError tells. */
export function collectFiles(paths: readonly string[]): CheckFile[] {
  const problems: Problem[] = []
  const found = new Map<string, CheckFile>()
  for (const path of paths) {
    const folder = isFolder(path, problems)
    if (folder === undefined) continue
    for (const file of folder ? filesBelow(path) : [path]) {
      if (found.has(resolve(file))) continue
      const text = readFileSync(file, 'utf8')
      const kind = kindOf(text)
      if (kind !== undefined) found.set(resolve(file), { kind, file, text })
      else if (!folder)
        problems.push({
          file,
          message:
            'holds nothing to check: expected a scenario (scenario:), promtool unit tests (tests: with rule_files:) or route tests (routes:)',
        })
    }
  }
  if (problems.length > 0) throw new ScenarioError(problems)
  return [...found.values()]
}

/** By its keys at the left margin, in JSON by its quoted keys. */
export function kindOf(text: string): CheckFile['kind'] | undefined {
  const json = /^\s*\{/.test(text)
  const has = (key: string) =>
    (json ? new RegExp(`"${key}"\\s*:`) : new RegExp(`^["']?${key}["']?\\s*:`, 'm')).test(text)
  if (has('scenario')) return 'scenario'
  if (has('routes') && has('alertmanager')) return 'routes'
  if (has('tests') || (has('rule_files') && !has('scrape_configs') && !has('global'))) return 'rules'
  return undefined
}

function isFolder(path: string, problems: Problem[]): boolean | undefined {
  try {
    return statSync(path).isDirectory()
  } catch {
    problems.push({ file: path, message: 'no such file or folder' })
    return undefined
  }
}

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && !NOT_OURS.has(entry.name)) yield* filesBelow(path)
    else if (entry.isFile() && YAML.test(entry.name)) yield path
  }
}

/** The files that an entry of `rule_files` names, as promtool finds them; undefined for patterns that only promtool reads. */
export function ruleFilesOf(testFile: string, entry: string): readonly string[] | undefined {
  const path = entry.startsWith(sep) ? entry : join(dirname(testFile), entry)
  if (!/[*?[\\]/.test(path)) return [path]
  if (/[[\]{}\\!+@|()]|\*\*/.test(path)) return undefined
  return globSync(path).sort()
}
