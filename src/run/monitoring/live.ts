import { ScenarioError } from '../../model/errors.ts'
import type { AlertmanagerAlert, LoadedRule, Monitoring, Sample } from '../../model/kind.ts'
import type { TimelineEvent } from '../../model/timeline.ts'
import type { AlertmanagerConfig } from '../../monitoring/alertmanager/read.ts'
import { type AlertRule, alertRules, type RuleFile } from '../../monitoring/rules/read.ts'
import { scaleExpression, type World } from '../../promql/scale.ts'
import { alertmanagerAlertsAnswer, alertsAnswer, queryAnswer, rulesAnswer, targetsAnswer } from './answers.ts'
import type { Engine } from './engine.ts'
import { explainAlert } from './explain-alert.ts'
import { explainNotification } from './explain-notification.ts'
import { inWords } from './words.ts'

export interface LiveMonitoring extends Monitoring {
  /** Runs an expression as it stands, without scaling. */
  raw(expression: string): Promise<readonly Sample[]>
  readonly prometheus: Engine
  readonly alertmanager: Engine
}

export interface LiveOptions {
  readonly prometheus: Engine
  readonly alertmanager: Engine
  readonly timeScale: number
  readonly world: (metric: string | undefined) => World | undefined
  /** The author's own files. */
  readonly ruleFiles: readonly RuleFile[]
  readonly routing: AlertmanagerConfig
  readonly events: () => readonly TimelineEvent[]
}

/** The real engines, asked in the author's own terms: unscaled expressions and durations, receivers as the file names them. */
export function liveMonitoring(options: LiveOptions): LiveMonitoring {
  const { prometheus, alertmanager, timeScale, world } = options
  const written = options.ruleFiles.flatMap(alertRules)

  const asRun = (expression: string) => {
    if (timeScale === 1) return expression
    const scaled = scaleExpression(expression, { timeScale, world })
    if (scaled.refused !== undefined)
      throw new ScenarioError([
        { file: 'expression', message: `${expression} cannot run at time scale ${timeScale}: ${scaled.refused}` },
      ])
    return scaled.text
  }

  const raw = async (expression: string) => samples(await prometheus.json('/api/v1/query', { query: expression }))

  const monitoring: LiveMonitoring = {
    prometheus,
    alertmanager,
    receivers: options.routing.receivers.map(({ name }) => name),
    raw,
    query: async expression => raw(asRun(expression)),
    alerts: async () => alertsAnswer.parse(await prometheus.json('/api/v1/alerts')).data.alerts,
    async rules() {
      const { data } = rulesAnswer.parse(await prometheus.json('/api/v1/rules'))
      return data.groups.flatMap(group => loadedRules(group, written, timeScale))
    },
    async targets() {
      const { data } = targetsAnswer.parse(await prometheus.json('/api/v1/targets', { state: 'active' }))
      return data.activeTargets.map(({ labels, health, lastError, lastScrape }) => ({
        job: labels['job'] ?? '',
        instance: labels['instance'] ?? '',
        health,
        lastError,
        lastScrape,
      }))
    },
    async alertmanagerAlerts() {
      return readAlertmanagerAlerts(await alertmanager.json('/api/v2/alerts'))
    },
    explainAlert: (alert, labels = {}) => explainAlert({ alert, labels, monitoring, written, timeScale, asRun }),
    explainNotification: wanted =>
      explainNotification({ labels: {}, ...wanted, monitoring, routing: options.routing, events: options.events() }),
  }
  return monitoring
}

function samples(answer: unknown): readonly Sample[] {
  const { data } = queryAnswer.parse(answer)
  switch (data.resultType) {
    case 'vector':
      return data.result.flatMap(({ metric, value }) =>
        value === undefined ? [] : { labels: metric, value: promNumber(value[1]) },
      )
    case 'scalar':
      return [{ labels: {}, value: promNumber(data.result[1]) }]
    case 'string':
      throw new ScenarioError([{ file: 'expression', message: 'expected a number or a vector, got a string' }])
    case 'matrix':
      throw new ScenarioError([
        {
          file: 'expression',
          message: 'expected a number or a vector, got a range; wrap it in a function such as rate()',
        },
      ])
  }
}

/** `+Inf` and `NaN` as Prometheus writes them. */
function promNumber(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}

type AnsweredGroup = ReturnType<typeof rulesAnswer.parse>['data']['groups'][number]

/** The rules of one loaded group beside those of the author's file; the n-th of a name is the n-th of that name. */
function loadedRules(group: AnsweredGroup, written: readonly AlertRule[], timeScale: number): LoadedRule[] {
  const seen = new Map<string, number>()
  return group.rules.flatMap(rule => {
    if (rule.type !== 'alerting') return []
    const nth = seen.get(rule.name) ?? 0
    seen.set(rule.name, nth + 1)
    const original = written.filter(({ name, group: of }) => name === rule.name && of === group.name)[nth]
    return {
      alert: rule.name,
      expression: original?.expr.value ?? rule.query,
      scaledExpression: rule.query,
      forSeconds: original?.for?.value ?? rule.duration * timeScale,
      health: rule.health,
      lastError: rule.lastError,
      labels: rule.labels,
    }
  })
}

/** Inhibiting alerts are given by name and labels instead of by fingerprint. */
function readAlertmanagerAlerts(answer: unknown): AlertmanagerAlert[] {
  const alerts = alertmanagerAlertsAnswer.parse(answer)
  const byFingerprint = new Map(alerts.map(({ fingerprint, labels }) => [fingerprint, inWords(labels)]))
  return alerts.map(({ labels, receivers, status }) => ({
    labels,
    receivers: receivers.map(({ name }) => name),
    state: status.state,
    inhibitedBy: status.inhibitedBy.map(fingerprint => byFingerprint.get(fingerprint) ?? fingerprint),
    silencedBy: status.silencedBy,
    mutedBy: status.mutedBy,
  }))
}
