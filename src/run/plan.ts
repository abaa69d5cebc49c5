import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Address, Inbox, MetricsTarget } from '../model/abilities.ts'
import { formatProblem, ScenarioError } from '../model/errors.ts'
import type { ScenarioRecord } from '../model/record.ts'
import { type AlertmanagerConfig, readAlertmanager } from '../monitoring/alertmanager/read.ts'
import { type RewrittenAlertmanager, rewriteForRun } from '../monitoring/alertmanager/rewrite.ts'
import { unifiedDiff } from '../monitoring/diff.ts'
import { type ComposedPrometheus, composePrometheus } from '../monitoring/prometheus/compose.ts'
import { redact } from '../monitoring/redact.ts'
import { type RuleFile, readRuleFile } from '../monitoring/rules/read.ts'
import { type ScaledRuleFile, scaleRuleFile } from '../monitoring/rules/scale.ts'
import type { World } from '../promql/scale.ts'
import { registries } from './load/registries.ts'
import type { LoadedScenario, SourceFile } from './load/scenario.ts'
import { type ChosenScale, chooseTimeScale } from './time-scale.ts'

/** The monitoring of one scenario at one time scale: the author's files, and what the engines are given instead. */
export interface Plan extends ChosenScale {
  readonly ruleFiles: readonly RuleFile[]
  readonly routing: AlertmanagerConfig
  readonly world: (metric: string | undefined) => World | undefined
  /** File name to text. */
  readonly scaledRules: Readonly<Record<string, string>>
  alertmanager(
    inbox: Pick<Inbox, 'httpUrl' | 'smtp'>,
  ): RewrittenAlertmanager & { files: Readonly<Record<string, string>> }
  prometheus(
    targets: readonly MetricsTarget[],
    alertmanagers: readonly Address[],
    rules: 'with rules' | 'without rules',
  ): ComposedPrometheus
  /** For the record: hashes, diffs without secrets, and what was changed or left out. */
  configuration(rewritten: RewrittenAlertmanager, composed: ComposedPrometheus): ScenarioRecord['configuration']
}

/** A scenario without an Alertmanager file gets the simplest one: everything to one receiver. */
const DEFAULT_ROUTING: SourceFile = {
  file: 'alertmanager.yml (default)',
  path: '',
  text: `route:
  receiver: inbox
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1m
  repeat_interval: 4h
receivers:
  - name: inbox
    webhook_configs:
      - url: http://inbox.invalid/
        send_resolved: true
`,
}

/** Throws ScenarioError when a file cannot be read, or an alert under test cannot run at the time scale that was asked for. */
export function plan(scenario: LoadedScenario, asked: number | 'auto'): Plan {
  const { monitoring } = scenario
  const routingFile = monitoring.alertmanager ?? DEFAULT_ROUTING
  const read = monitoring.rules.map(({ text, file }) => readRuleFile(text, file))
  const { config: routing, problems } = readAlertmanager(routingFile.text, routingFile.file)
  const all = [...read.flatMap(({ problems }) => problems), ...problems]
  if (all.length > 0) throw new ScenarioError(all)
  const ruleFiles = read.map(({ file }) => file)

  const origin = metricOrigin(scenario)
  const world = (metric: string | undefined): World | undefined =>
    metric === undefined ? undefined : origin(metric) === undefined ? 'wall' : 'drill'
  const scaleAll = (timeScale: number) =>
    monitoring.rules.map(({ text, file }) => scaleRuleFile(text, file, { timeScale, world }))

  const underTest = alertsUnderTest(scenario)
  const refusedUnderTest = (scaled: readonly ScaledRuleFile[]) =>
    scaled.flatMap(({ refused }, index) =>
      refused
        .filter(({ alert }) => underTest.has(alert))
        .map(rule => ({ ...rule, file: monitoring.rules[index]?.file ?? '' })),
    )
  const chosen = chooseTimeScale({
    asked,
    scrapeInterval: monitoring.scrapeInterval,
    evaluationInterval: monitoring.evaluationInterval,
    ruleFiles,
    routing,
    // Whether a meaning can be kept does not depend on how large the scale is.
    unscalable: asked === 'auto' ? refusedUnderTest(scaleAll(2)) : [],
    origin,
    realTargets: hasRealTargets(scenario),
    shortestDeadline: shortestDeadline(scenario),
  })
  const { timeScale } = chosen
  const scaled = scaleAll(timeScale)
  const refused = refusedUnderTest(scaled)
  if (refused.length > 0)
    throw new ScenarioError(
      refused.map(({ alert, reason, line, file }) => ({
        file,
        line,
        message: `${alert} cannot run at time scale ${timeScale}: ${reason}; use timeScale: 1, or auto`,
      })),
    )

  const names = monitoring.rules.map(({ file }, index) => `rules-${index + 1}-${basename(file)}`)
  const templates = Object.fromEntries(
    monitoring.templates.map((source, index) => [source.path, `template-${index + 1}-${basename(source.file)}`]),
  )
  return {
    ...chosen,
    ruleFiles,
    routing,
    world,
    scaledRules: Object.fromEntries(names.map((name, index) => [name, scaled[index]?.text ?? ''])),
    alertmanager({ httpUrl, smtp }) {
      const rewritten = rewriteForRun(routingFile.text, routingFile.file, {
        timeScale,
        httpUrl,
        smtp,
        templates: templateNames(scenario, templates),
      })
      const files = Object.fromEntries(monitoring.templates.map(({ path, text }) => [templates[path] ?? path, text]))
      return { ...rewritten, files }
    },
    prometheus: (targets, alertmanagers, rules) =>
      composePrometheus({
        targets: targets.map(({ job, instance, target, path }) => ({ job, instance, address: target, path })),
        scrapeInterval: monitoring.scrapeInterval,
        evaluationInterval: monitoring.evaluationInterval,
        timeScale,
        alertmanagers,
        ruleFiles: rules === 'with rules' ? names : [],
        externalLabels: monitoring.externalLabels,
        ...(monitoring.prometheus === undefined ? {} : { userFile: monitoring.prometheus }),
      }),
    configuration: (rewritten, composed) => [
      ...monitoring.rules.map((source, index) =>
        described(source, scaled[index]?.text ?? '', ruleNotes(scaled[index])),
      ),
      described(routingFile, rewritten.text, [
        ...rewritten.notes,
        ...(rewritten.secretsRemoved === 0 ? [] : [`${rewritten.secretsRemoved} secrets were taken out`]),
      ]),
      ...(monitoring.prometheus === undefined ? [] : [described(monitoring.prometheus, composed.text, composed.notes)]),
      ...monitoring.templates.map(source => described(source, source.text, [])),
    ],
  }
}

function described(
  { file, text }: SourceFile,
  run: string,
  notes: readonly string[],
): ScenarioRecord['configuration'][number] {
  return {
    file,
    sha256: createHash('sha256').update(text).digest('hex'),
    diff: unifiedDiff(redact(text), redact(run), { before: file, after: `${file} as run` }),
    notes,
  }
}

function ruleNotes(scaled: ScaledRuleFile | undefined): string[] {
  if (scaled === undefined) return []
  return [
    ...scaled.refused.map(({ alert, reason, line }) => `line ${line}: ${alert} was left out: ${reason}`),
    ...scaled.warnings.map(formatProblem),
  ]
}

/** The file that a name in `templates:` stands for; a pattern is replaced by the pattern of the copies. */
function templateNames(scenario: LoadedScenario, copies: Readonly<Record<string, string>>): Record<string, string> {
  const { alertmanager, templates } = scenario.monitoring
  if (alertmanager === undefined) return {}
  const { config } = readAlertmanager(alertmanager.text, alertmanager.file)
  return Object.fromEntries(
    config.templates.flatMap(({ value }) => {
      if (value.includes('*')) return [[value, 'template-*']]
      const source = templates.find(({ path }) => path.endsWith(value.replace(/^(\.?\/)+/, '')))
      return source === undefined ? [] : [[value, copies[source.path] ?? value]]
    }),
  )
}

/** Who exports a metric, as the service kinds tell before anything is booted. */
function metricOrigin({ services }: LoadedScenario): (metric: string) => 'played' | 'measured' | undefined {
  const known = new Map<string, 'played' | 'measured' | undefined>()
  return metric => {
    if (!known.has(metric)) {
      const origins = services.map(({ kind, spec }) => registries.service[kind]?.drillMetric?.(spec as never, metric))
      known.set(
        metric,
        origins.find(found => found !== undefined),
      )
    }
    return known.get(metric)
  }
}

/** Drill seconds in which something must have happened. */
function shortestDeadline({ expect, after }: LoadedScenario): number | undefined {
  const deadlines = [...expect, ...after].flatMap(({ timing }) =>
    (timing.when === 'within' || timing.when === 'between') && timing.until > 0 ? [timing.until] : [],
  )
  return deadlines.length === 0 ? undefined : Math.min(...deadlines)
}

/** Does Prometheus scrape a program that does not play? */
function hasRealTargets({ services }: LoadedScenario): boolean {
  return services.some(({ kind, spec }) => {
    const abilities = registries.service[kind]?.abilities(spec as never) ?? []
    return abilities.includes('metrics') && !abilities.includes('playback')
  })
}

/** The alerts that expectations name, whatever their kind. */
export function alertsUnderTest({ steady, expect, after }: LoadedScenario): Set<string> {
  return new Set(
    [...steady, ...expect, ...after].flatMap(({ spec }) =>
      typeof spec === 'object' && spec !== null && 'alert' in spec && typeof spec.alert === 'string'
        ? [spec.alert]
        : [],
    ),
  )
}
