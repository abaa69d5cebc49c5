import { readFile } from 'node:fs/promises'
import { EnvironmentError, exitCodes, formatProblem, messageOf, ScenarioError } from '../model/errors.ts'
import { rewriteForRun } from '../monitoring/alertmanager/rewrite.ts'
import { fileKind } from '../monitoring/file-kind.ts'
import { type ComposeOptions, composePrometheus } from '../monitoring/prometheus/compose.ts'
import { readPrometheus } from '../monitoring/prometheus/read.ts'
import { type RuleFile, readRuleFile } from '../monitoring/rules/read.ts'
import { scaleRuleFile } from '../monitoring/rules/scale.ts'
import { YamlSource } from '../monitoring/yaml.ts'

export interface ScaleCommandOptions {
  readonly timeScale: number
  /** Metrics of real services, which move at their own speed; all others are taken for played ones. `*` at the end stands for the rest of a name. */
  readonly wall?: readonly string[]
}

/** Stands for the addresses that a real run has. */
const RUN = 'genesis-drill.invalid'
const INBOX = `inbox.${RUN}`

/**
 * Prints what a run at this time scale would load: rule, Alertmanager and Prometheus files, rewritten. What is refused or noteworthy goes to stderr.
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
    case 'prometheus': {
      const { text: rewritten, notes, flags } = composePrometheus(ownTargets(file, text, timeScale))
      const remarks = [...notes, `run with ${flags.join(' ')}`].map(remark => `${file}: ${remark}`)
      return { rewritten, remarks, refused: 0 }
    }
    default:
      throw new ScenarioError([
        ...new YamlSource(text, file).problems,
        {
          file,
          message:
            'neither a rule file (groups:), an Alertmanager file (route:) nor a Prometheus file (scrape_configs:)',
        },
      ])
  }
}

/** The user's file with its own targets, which a run would replace by those of its services. */
function ownTargets(file: string, text: string, timeScale: number): ComposeOptions {
  const { config } = readPrometheus(text, file)
  const targets = config.jobs.flatMap(({ name, metricsPath, targets }) =>
    targets.map(({ value }) => {
      const [, host = value, port = '80'] = /^(.*):(\d+)$/.exec(value) ?? []
      return { job: name, instance: value, address: { host, port: Number(port) }, path: metricsPath }
    }),
  )
  return {
    targets,
    scrapeInterval: config.scrapeInterval,
    evaluationInterval: config.evaluationInterval,
    timeScale,
    alertmanagers: [{ host: `alertmanager.${RUN}`, port: 9093 }],
    ruleFiles: config.ruleFiles.map(({ value }) => value),
    externalLabels: {},
    userFile: { file, text },
  }
}

function isNamed(pattern: string, metric: string): boolean {
  return pattern.endsWith('*') ? metric.startsWith(pattern.slice(0, -1)) : pattern === metric
}
