import { readFile } from 'node:fs/promises'
import { EnvironmentError, exitCodes, formatProblem, messageOf, ScenarioError } from '../model/errors.ts'
import { rewriteForRun } from '../monitoring/alertmanager/rewrite.ts'
import { fileKind } from '../monitoring/file-kind.ts'
import { type RuleFile, readRuleFile } from '../monitoring/rules/read.ts'
import { scaleRuleFile } from '../monitoring/rules/scale.ts'
import { YamlSource } from '../monitoring/yaml.ts'

export interface ScaleCommandOptions {
  readonly timeScale: number
  /** Metrics of real services, which move at their own speed; all others are taken for played ones. `*` at the end stands for the rest of a name. */
  readonly wall?: readonly string[]
}

/** Where a real run has its inbox. */
const INBOX = 'inbox.genesis-drill.invalid'

/**
 * Prints what a run at this time scale would load: rule and Alertmanager files, rewritten. What is refused or noteworthy goes to stderr.
 * Exit code 1 when a rule is refused. Throws ScenarioError for files that cannot be read.
 */
export async function scaleCommand(files: readonly string[], options: ScaleCommandOptions): Promise<number> {
  const texts = await Promise.all(files.map(async file => ({ file, text: await read(file) })))
  const rules = texts.filter(({ text }) => fileKind(text) === 'rules').map(({ file, text }) => readRuleFile(text, file))
  const problems = rules.flatMap(rule => rule.problems)
  if (problems.length > 0) throw new ScenarioError(problems)
  let refusals = 0
  for (const { file, text } of texts) {
    const beside = rules.map(rule => rule.file).filter(other => other.file !== file)
    const { rewritten, remarks, refused } = rewrite(file, text, beside, options)
    if (files.length > 1) process.stdout.write(`# ${file} at time scale ${options.timeScale}\n`)
    process.stdout.write(rewritten.endsWith('\n') ? rewritten : `${rewritten}\n`)
    for (const remark of remarks) process.stderr.write(`${remark}\n`)
    refusals += refused
  }
  return refusals > 0 ? exitCodes.unmet : exitCodes.met
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new EnvironmentError(`${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
}

function rewrite(
  file: string,
  text: string,
  beside: readonly RuleFile[],
  options: ScaleCommandOptions,
): { rewritten: string; remarks: readonly string[]; refused: number } {
  const { timeScale, wall = [] } = options
  switch (fileKind(text)) {
    case 'alertmanager': {
      const result = rewriteForRun(text, file, {
        timeScale,
        httpUrl: `http://${INBOX}`,
        smtp: { host: INBOX, port: 25 },
      })
      return { rewritten: result.text, remarks: result.notes.map(note => `${file}: ${note}`), refused: 0 }
    }
    case 'rules': {
      const world = (metric: string) => (wall.some(name => isNamed(name, metric)) ? 'wall' : 'drill')
      const result = scaleRuleFile(text, file, { timeScale, world, beside })
      const refusals = result.refused.map(
        ({ alert, reason, line }) => `${file}:${line}: ${alert} is refused: ${reason}`,
      )
      return {
        rewritten: result.text,
        remarks: [...refusals, ...result.warnings.map(formatProblem)],
        refused: refusals.length,
      }
    }
    default:
      throw new ScenarioError([
        ...new YamlSource(text, file).problems,
        { file, message: 'neither a rule file (groups:) nor an Alertmanager file (route:, receivers:)' },
      ])
  }
}

function isNamed(pattern: string, metric: string): boolean {
  return pattern.endsWith('*') ? metric.startsWith(pattern.slice(0, -1)) : pattern === metric
}
