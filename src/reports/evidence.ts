import type { Evidence } from '../model/finding.ts'
import type { RunRecord, ScenarioRecord } from '../model/record.ts'

/** One piece of evidence as a text of its own: in files, in JUnit. */
export function evidenceText(item: Evidence): string {
  switch (item.kind) {
    case 'text':
      return item.text
    case 'json':
      return JSON.stringify(item.value, null, 2) ?? 'undefined'
    case 'values':
      return Object.entries(item.values)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n')
    case 'table':
      return [item.columns, ...item.rows].map(row => row.map(cell => cell ?? '').join(' | ')).join('\n')
  }
}

export interface EvidenceFile {
  /** Below `evidence/`; made of letters, digits and dashes, whatever the record says. */
  readonly path: string
  readonly text: string
}

/** Everything that a finding, a step or a fault shows, each payload that arrived and each change to a monitoring file. */
export function evidenceFiles(record: RunRecord): readonly EvidenceFile[] {
  return record.scenarios.flatMap((scenario, index) => {
    const folder = `${number(index)}-${fileName(scenario.scenario)}`
    return scenarioEvidence(scenario).map(({ path, text }, position) => ({
      path: `${folder}/${number(position)}-${path}`,
      text: text.endsWith('\n') ? text : `${text}\n`,
    }))
  })
}

function scenarioEvidence(scenario: ScenarioRecord): EvidenceFile[] {
  const of = (owner: string, evidence: readonly Evidence[]) =>
    evidence.map(item => ({
      path: `${fileName(`${owner} ${item.title}`)}.${item.kind === 'json' ? 'json' : 'txt'}`,
      text: evidenceText(item),
    }))
  return [
    ...scenario.findings.flatMap(({ list, index, verdict, evidence }) => of(`${list} ${index} ${verdict}`, evidence)),
    ...of('fidelity', scenario.fidelity.evidence),
    ...scenario.faults.flatMap(({ name, evidence }) => of(`fault ${name}`, evidence)),
    ...scenario.steps.flatMap(({ step, name, evidence }) => of(`step ${step + 1} ${name}`, evidence)),
    ...scenario.timeline.flatMap(event =>
      event.event === 'notification'
        ? [
            {
              path: `${fileName(`notification ${event.receiver} ${event.integration} ${event.status}`)}.json`,
              text: JSON.stringify(event, null, 2),
            },
          ]
        : [],
    ),
    ...scenario.configuration
      .filter(({ diff }) => diff !== '')
      .map(({ file, diff }) => ({ path: `${fileName(`changes ${file}`)}.diff`, text: diff })),
  ]
}

function number(index: number): string {
  return String(index + 1).padStart(3, '0')
}

function fileName(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replaceAll(/^-|-$/g, '')
  return name === '' ? 'unnamed' : name
}
