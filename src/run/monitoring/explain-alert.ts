import { readableDuration } from '../../model/duration.ts'
import { messageOf } from '../../model/errors.ts'
import type { Evidence } from '../../model/finding.ts'
import type { Monitoring, Sample } from '../../model/kind.ts'
import { nearest } from '../../model/nearest.ts'
import type { Labels } from '../../model/timeline.ts'
import type { AlertRule } from '../../monitoring/rules/read.ts'
import { parsePromql } from '../../promql/parse.ts'
import { selectors } from '../../promql/walk.ts'
import { fulfils, type Part, partsOf } from './parts.ts'
import { inWords } from './words.ts'

interface Question {
  readonly alert: string
  readonly labels: Labels
  readonly monitoring: Monitoring & { raw(expression: string): Promise<readonly Sample[]> }
  readonly written: readonly AlertRule[]
  readonly timeScale: number
  /** The author's expression as it runs at this time scale. */
  readonly asRun: (expression: string) => string
}

/** More series than this are counted, not listed. */
const ROWS = 8

/** Why an alert is in the state it is in: state, each part of its expression against its threshold, its metrics, the targets they come from. */
export async function explainAlert(question: Question): Promise<readonly Evidence[]> {
  const { alert, written } = question
  const rules = written.filter(({ name }) => name === alert)
  if (rules.length === 0) return [unknownRule(alert, written)]
  const evidence = [await states(question)]
  for (const rule of rules) {
    evidence.push({ kind: 'text', title: `The rule ${alert}`, text: ruleText(rule) })
    try {
      const run = question.asRun(rule.expr.value)
      evidence.push(await valuesOfParts(question, rule, run), await metricsOf(question, run))
    } catch (thrown) {
      evidence.push({ kind: 'text', title: `The expression of ${alert}`, text: messageOf(thrown) })
    }
  }
  evidence.push(await targets(question))
  return evidence
}

function unknownRule(alert: string, written: readonly AlertRule[]): Evidence {
  const names = [...new Set(written.map(({ name }) => name))]
  const close = nearest(alert, names)
  const text = `No rule file has an alert ${alert}.${close === undefined ? '' : ` Did you mean ${close}?`} Known: ${names.join(', ') || 'none'}`
  return { kind: 'text', title: 'No such rule', text }
}

function ruleText(rule: AlertRule): string {
  const lasting = rule.for === undefined ? '' : `\nfor ${readableDuration(rule.for.value)}`
  return `${rule.expr.value}${lasting}`
}

async function states({ alert, monitoring }: Question): Promise<Evidence> {
  const [alerts, rules] = await Promise.all([monitoring.alerts(), monitoring.rules()])
  const mine = alerts.filter(({ labels }) => labels['alertname'] === alert)
  const loaded = rules.filter(rule => rule.alert === alert)
  const unwell = loaded.filter(({ health }) => health !== 'ok')
  return {
    kind: 'table',
    title: `${alert} in Prometheus`,
    columns: ['state', 'labels', 'value', 'active since'],
    rows: [
      ...mine.slice(0, ROWS).map(({ state, labels, value, activeAt }) => [state, inWords(labels), value, activeAt]),
      ...(mine.length === 0 ? [['inactive', '', null, null]] : []),
      ...(loaded.length === 0 ? [['not loaded', 'Prometheus has no such rule', null, null]] : []),
      ...unwell.map(({ health, lastError }) => [`rule ${health}`, lastError, null, null]),
    ],
  }
}

async function valuesOfParts({ monitoring, timeScale }: Question, rule: AlertRule, run: string): Promise<Evidence> {
  const asWritten = partsOf(rule.expr.value)
  const rows: (string | number | null)[][] = []
  for (const [index, part] of partsOf(run).entries()) {
    const { text: name } = asWritten[index] ?? part
    const joined = part.joined === undefined ? '' : `${part.joined} `
    const wanted =
      part.comparison === undefined ? 'to be there' : `${part.comparison} ${asWritten[index]?.against ?? part.against}`
    const found = await monitoring.raw(part.text)
    if (found.length === 0) rows.push([`${joined}${name}`, 'no data', wanted, 'no'])
    for (const sample of found.slice(0, ROWS))
      rows.push([`${joined}${name}${seriesSuffix(sample)}`, printed(sample.value), wanted, answer(part, sample.value)])
    if (found.length > ROWS) rows.push([`${joined}${name}`, `${found.length - ROWS} more series`, wanted, ''])
  }
  const scale = timeScale === 1 ? '' : `, as run at time scale ${timeScale}`
  return {
    kind: 'table',
    title: `Parts of the expression now${scale}`,
    columns: ['part', 'value', 'needed', 'holds'],
    rows,
  }
}

function seriesSuffix({ labels }: Sample): string {
  const { __name__: _, ...rest } = labels
  return Object.keys(rest).length === 0 ? '' : ` of ${inWords(rest)}`
}

/** JSON has no NaN and no infinities. */
function printed(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}

function answer(part: Part, value: number): string {
  const holds = fulfils(part, value)
  return holds === undefined ? 'depends' : holds ? 'yes' : 'no'
}

async function metricsOf({ monitoring }: Question, run: string): Promise<Evidence> {
  const expression = parsePromql(run)
  const texts = 'error' in expression ? [] : selectors(expression).map(({ from, to }) => run.slice(from, to))
  const rows: (string | number | null)[][] = []
  for (const text of new Set(texts)) {
    const found = await monitoring.raw(text)
    if (found.length === 0) rows.push([text, 'no data: nothing that is scraped now has this series'])
    for (const { labels, value } of found.slice(0, ROWS)) rows.push([inWords(labels), printed(value)])
    if (found.length > ROWS) rows.push([text, `${found.length - ROWS} more series`])
  }
  return { kind: 'table', title: 'Its metrics now', columns: ['series', 'value'], rows }
}

async function targets({ monitoring }: Question): Promise<Evidence> {
  const rows = (await monitoring.targets()).map(({ job, instance, health, lastError }) => [
    job,
    instance,
    health,
    lastError,
  ])
  return { kind: 'table', title: 'Scrape targets now', columns: ['job', 'instance', 'health', 'last error'], rows }
}
