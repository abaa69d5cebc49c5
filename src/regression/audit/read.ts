import type { Problem } from '../../model/errors.ts'
import { readAlertmanager } from '../../monitoring/alertmanager/read.ts'
import { fileKind } from '../../monitoring/file-kind.ts'
import { readPrometheus } from '../../monitoring/prometheus/read.ts'
import { readRuleFile } from '../../monitoring/rules/read.ts'
import { type Engines, realEngines } from './engines.ts'
import { alertsOf, recordedBy } from './facts/alerts.ts'
import { readDashboard } from './facts/dashboards.ts'
import { inPlace, type Snippet, snippetsOf } from './facts/documents.ts'
import { readObjectives } from './facts/objectives.ts'
import type { AuditedText, AuditInput, InputName } from './input.ts'

/** A file that was given, and as what. */
export interface AuditFile {
  readonly file: string
  readonly text: string
  readonly kind: AuditedText['kind']
}

/** Reads everything. Of documents, the fenced snippets count as files of their own, at the lines of the document. */
export function readForAudit(files: readonly AuditFile[], engines: Engines = realEngines): AuditInput {
  const documents = files.filter(({ kind }) => kind === 'document')
  const snippets = documents.flatMap(({ file, text }) => snippetsOf(text, file))
  const texts: AuditedText[] = [...files.map(file => ({ ...file, snippet: false })), ...snippets.flatMap(asFile)]
  const problems: Problem[] = []
  const of = <T>(
    kind: AuditedText['kind'],
    read: (text: string, file: string) => { result: T; problems: readonly Problem[] },
  ): T[] =>
    texts
      .filter(text => text.kind === kind)
      .map(({ text, file }) => {
        const { result, problems: found } = read(text, file)
        problems.push(...found)
        return result
      })
  const rules = of('rules', (text, file) => {
    const { file: result, problems } = readRuleFile(text, file)
    return { result, problems }
  })
  const [alertmanager] = of('alertmanager', (text, file) => {
    const { config: result, problems } = readAlertmanager(text, file)
    return { result, problems }
  })
  const [prometheus] = of('prometheus', (text, file) => {
    const { config: result, problems } = readPrometheus(text, file)
    return { result, problems }
  })
  const panels = of('dashboard', (text, file) => {
    const { panels: result, problems } = readDashboard(text, file)
    return { result, problems }
  }).flat()
  const [objectives] = of('objectives', (text, file) => {
    const { objectives: result, problems } = readObjectives(text, file)
    return { result, problems }
  })
  const recorded = recordedBy(rules)
  const given = new Set<InputName>()
  if (rules.length > 0) given.add('rules')
  if (alertmanager !== undefined) given.add('alertmanager')
  if (prometheus !== undefined) given.add('prometheus')
  if (panels.length > 0) given.add('dashboards')
  if (objectives !== undefined) given.add('objectives')
  if (documents.length > 0) given.add('documents')
  return {
    given,
    texts,
    rules,
    alerts: alertsOf(rules),
    recorded,
    labels: {
      relabelled: prometheus?.relabelsAlerts ?? false,
      recorded,
      externalLabels: prometheus?.externalLabels,
      metricLabels: new Map(
        [...(objectives?.metrics ?? [])].flatMap(([name, { labels }]) =>
          labels === undefined ? [] : [[name, labels]],
        ),
      ),
      targetLabels: new Set([
        'job',
        'instance',
        ...(prometheus?.jobs ?? []).flatMap(({ targets }) => targets.flatMap(({ labels }) => Object.keys(labels))),
      ]),
    },
    alertmanager,
    prometheus,
    panels,
    objectives,
    snippets,
    problems,
    engines,
  }
}

/** A YAML snippet that is a whole monitoring file, or a bare list of rules or of receivers' settings, which no engine loads as it stands. */
function asFile(snippet: Snippet): AuditedText[] {
  if (!['yaml', 'yml'].includes(snippet.language)) return []
  const text = inPlace(snippet)
  const kind = fileKind(text)
  if (kind !== undefined) return [{ file: snippet.file, text, kind, snippet: true }]
  if (/^\s*-\s+(alert|record):/m.test(snippet.text))
    return [{ file: snippet.file, text: wrapped(snippet), kind: 'rules', snippet: true }]
  if (/^\s*(smtp_\w+|slack_api_url|resolve_timeout):/m.test(snippet.text))
    return [{ file: snippet.file, text, kind: 'alertmanager', snippet: true }]
  return []
}

/** A bare list of rules, in a group that stands on the lines above it. */
function wrapped(snippet: Snippet): string {
  // The head takes the lines of the fence and of what stands above it.
  const lines = inPlace(snippet).split('\n')
  const first = snippet.line - 1
  if (first < 3) return snippet.text
  const indent = (lines[first] ?? '').length - (lines[first] ?? '').trimStart().length
  const pad = ' '.repeat(Math.max(0, 4 - indent))
  return [
    ...lines.slice(0, first - 3),
    'groups:',
    '  - name: snippet',
    '    rules:',
    ...lines.slice(first).map(line => (line === '' ? line : pad + line)),
  ].join('\n')
}
