import type { Problem } from '../../model/errors.ts'
import type { AlertmanagerConfig } from '../../monitoring/alertmanager/read.ts'
import type { PrometheusConfig } from '../../monitoring/prometheus/read.ts'
import type { RecordingRule, RuleFile } from '../../monitoring/rules/read.ts'
import type { Engines } from './engines.ts'
import type { Alert } from './facts/alerts.ts'
import type { Panel } from './facts/dashboards.ts'
import type { Snippet } from './facts/documents.ts'
import type { LabelFacts } from './facts/labels.ts'
import type { Objectives } from './facts/objectives.ts'

export type InputName = 'rules' | 'alertmanager' | 'prometheus' | 'dashboards' | 'objectives' | 'documents'

/** Everything that was given, read. Detectors only look at it. */
export interface AuditInput {
  readonly given: ReadonlySet<InputName>
  readonly texts: readonly AuditedText[]
  readonly rules: readonly RuleFile[]
  readonly alerts: readonly Alert[]
  readonly recorded: ReadonlyMap<string, readonly RecordingRule[]>
  readonly labels: LabelFacts
  readonly alertmanager: AlertmanagerConfig | undefined
  readonly prometheus: PrometheusConfig | undefined
  readonly panels: readonly Panel[]
  readonly objectives: Objectives | undefined
  readonly snippets: readonly Snippet[]
  readonly problems: readonly Problem[]
  readonly engines: Engines
}

/** A file as it was read; a snippet of a document stands in it at the document's own lines. */
export interface AuditedText {
  readonly file: string
  readonly text: string
  readonly kind: 'rules' | 'alertmanager' | 'prometheus' | 'dashboard' | 'objectives' | 'document'
  readonly snippet: boolean
}
