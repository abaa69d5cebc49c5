import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunRecord, ScenarioRecord } from '../../model/record.ts'
import { Evidence } from './evidence.ts'

export interface LiveEvidence {
  readonly alerts: Evidence
  readonly receivers: ReadonlySet<string>
  readonly notes: readonly string[]
}

/** What live runs have shown with the files as they are now; runs with other contents prove nothing about these. */
export function liveEvidence(
  folder: string,
  rules: readonly { file: string; text: string }[],
  alertmanager?: { text: string },
): LiveEvidence {
  const alerts = new Evidence()
  const receivers = new Set<string>()
  let older = 0
  const current = new Map(rules.map(({ file, text }) => [sha256(text), file]))
  const tree = alertmanager && sha256(alertmanager.text)
  for (const record of recordsBelow(folder))
    for (const scenario of record.scenarios) {
      const hashes = scenario.configuration.map(({ sha256: hash }) => hash)
      const files = hashes.flatMap(hash => current.get(hash) ?? [])
      if (files.length === 0) {
        older++
        continue
      }
      fromTimeline(scenario, files, tree !== undefined && hashes.includes(tree), alerts, receivers)
      for (const { verdict, expectation } of scenario.findings) {
        const alert = /^alert, alert: ([^,]+),.*\bnever: /.exec(expectation)?.[1]
        if (verdict === 'met' && alert !== undefined) alerts.add(files, alert, 'quiet')
      }
    }
  const notes =
    older === 0 ? [] : [`${older} recorded scenarios ran with other contents of these files and do not count`]
  return { alerts, receivers, notes }
}

function fromTimeline(
  scenario: ScenarioRecord,
  files: readonly string[],
  sameTree: boolean,
  alerts: Evidence,
  receivers: Set<string>,
): void {
  for (const event of scenario.timeline) {
    if (event.event === 'alert' && event.state === 'firing') alerts.add(files, event.alert, 'fire')
    if (event.event === 'alert' && event.state === 'resolved') alerts.add(files, event.alert, 'resolve')
    if (event.event === 'notification' && sameTree) {
      receivers.add(event.receiver)
      for (const { labels } of event.alerts) alerts.add(files, labels['alertname'] ?? '', 'delivered')
    }
  }
}

function* recordsBelow(folder: string): Generator<RunRecord> {
  let names: string[]
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch {
    return
  }
  for (const name of names.filter(path => /(^|\/)record\.json$/.test(path)).sort()) {
    const record = readRecord(join(folder, name))
    if (record !== undefined) yield record
  }
}

function readRecord(path: string): RunRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(path, 'utf8'))
    return record?.version === 1 && Array.isArray(record.scenarios) ? record : undefined
  } catch {
    return undefined
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
