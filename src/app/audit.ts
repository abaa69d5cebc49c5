import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { EnvironmentError, exitCodes, messageOf, type Problem, ScenarioError } from '../model/errors.ts'
import { type AuditFinding, severities } from '../regression/audit/finding.ts'
import { audit } from '../regression/audit/index.ts'
import type { AuditedText } from '../regression/audit/input.ts'
import { type AuditFile, readForAudit } from '../regression/audit/read.ts'

/** Files and directories; of a directory every file of the kind's own extensions counts. */
export interface AuditCommandOptions {
  readonly rules?: readonly string[]
  readonly alertmanager?: string
  readonly prometheus?: string
  readonly dashboards?: readonly string[]
  readonly objectives?: string
  /** Markdown whose snippets and commands are tried. */
  readonly docs?: readonly string[]
  readonly json?: boolean
  /** The least severity that is shown and counts; default `low`. */
  readonly severity?: string
}

const EXTENSIONS: Readonly<Record<AuditedText['kind'], RegExp>> = {
  rules: /\.ya?ml$/,
  alertmanager: /\.ya?ml$/,
  prometheus: /\.ya?ml$/,
  dashboard: /\.(json|ya?ml)$/,
  objectives: /\.ya?ml$/,
  document: /\.(md|markdown)$/,
}

/** Prints the findings. Exit code 1 when there are any, 0 when there are none. Throws ScenarioError when nothing or what is missing is given. */
export async function auditCommand(options: AuditCommandOptions): Promise<number> {
  const named: [AuditedText['kind'], readonly string[]][] = [
    ['rules', options.rules ?? []],
    ['alertmanager', options.alertmanager === undefined ? [] : [options.alertmanager]],
    ['prometheus', options.prometheus === undefined ? [] : [options.prometheus]],
    ['dashboard', options.dashboards ?? []],
    ['objectives', options.objectives === undefined ? [] : [options.objectives]],
    ['document', options.docs ?? []],
  ]
  const problems: Problem[] = []
  const severity = options.severity ?? 'low'
  const least = severities.map(String).indexOf(severity)
  if (least === -1) problems.push({ file: '--severity', message: `${severity} is none of ${severities.join(', ')}` })
  const files: AuditFile[] = []
  for (const [kind, paths] of named)
    for (const path of paths)
      for (const file of await filesOf(path, EXTENSIONS[kind], problems))
        files.push({ kind, file, text: await read(file) })
  if (problems.length > 0) throw new ScenarioError(problems)
  if (files.length === 0)
    throw new ScenarioError([
      {
        file: 'audit',
        message: 'nothing to look at; give --rules, --alertmanager, --prometheus, --dashboards, --objectives or --docs',
      },
    ])
  const findings = (await audit(readForAudit(files))).filter(({ severity }) => severities.indexOf(severity) <= least)
  process.stdout.write(options.json ? `${JSON.stringify(findings, null, 2)}\n` : formatFindings(findings))
  return findings.length > 0 ? exitCodes.unmet : exitCodes.met
}

/** For people: place, severity, detector and subject; what will happen; what to do. */
function formatFindings(findings: readonly AuditFinding[]): string {
  if (findings.length === 0) return 'no findings\n'
  const blocks = findings.map(
    ({ file, line, column, severity, detector, subject, happens, advice }) =>
      `${file}:${line}:${column}: ${severity} ${detector}: ${subject}\n    ${happens}\n    to do: ${advice}\n`,
  )
  const counts = severities
    .map(severity => ({ severity, count: findings.filter(finding => finding.severity === severity).length }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => `${count} ${severity}`)
  return `${blocks.join('\n')}\n${findings.length} finding${findings.length === 1 ? '' : 's'}: ${counts.join(', ')}\n`
}

async function filesOf(path: string, extension: RegExp, problems: Problem[]): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
  } catch (cause) {
    problems.push({ file: path, message: `it cannot be read: ${messageOf(cause)}` })
    return []
  }
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries
    .filter(entry => entry.isFile() && extension.test(entry.name))
    .map(({ parentPath, name }) => relative('.', join(parentPath, name)))
    .sort()
  if (files.length === 0) problems.push({ file: path, message: `the directory holds no file ${extension.source}` })
  return files
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new EnvironmentError(`${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
}
