import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileKind } from '../../monitoring/file-kind.ts'

/** The monitoring files of a repository, by what they hold; paths below the folder. */
export interface Found {
  readonly rules: readonly string[]
  readonly alertmanager: readonly string[]
  readonly prometheus: readonly string[]
}

const NOT_THEIRS = new Set(['node_modules', '.git', '.cache', 'vendor', 'dist', 'reports', 'genesis-drill'])
const LARGEST = 4 * 1024 * 1024

/** Looks at every YAML file, whatever its name. */
export function findMonitoring(folder: string): Found {
  const found = { rules: [] as string[], alertmanager: [] as string[], prometheus: [] as string[] }
  for (const path of yamlFiles(folder)) {
    const text = readFileSync(path, 'utf8')
    // Cheap first: most YAML files of a repository are about something else.
    if (!/^\s*["']?(groups|spec|route|receivers|scrape_configs|rule_files|alerting)["']?\s*:/m.test(text)) continue
    const kind = fileKind(text)
    if (kind === 'rules' && !holdsRules(text)) continue
    if (kind === 'prometheus' && /^tests\s*:/m.test(text)) continue
    if (kind !== undefined) found[kind].push(path)
  }
  return found
}

/** Other resources of Kubernetes have a `spec:` too, and other tools their `groups:`. */
function holdsRules(text: string): boolean {
  const resource = /^kind\s*:\s*(\S+)/m.exec(text)
  if (resource !== null && resource[1] !== 'PrometheusRule') return false
  return /(^|[\s{,"'])(alert|record)["']?\s*:/m.test(text) && /\bexpr["']?\s*:/.test(text)
}

function* yamlFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!NOT_THEIRS.has(entry.name)) yield* yamlFiles(path)
    } else if (entry.isFile() && /\.(ya?ml|rules)$/.test(entry.name) && statSync(path).size <= LARGEST) yield path
  }
}
