import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { realEngines } from '../../../src/regression/audit/engines.ts'
import { audit } from '../../../src/regression/audit/index.ts'
import { type AuditFile, readForAudit } from '../../../src/regression/audit/read.ts'

const seeds = new URL('../../fixtures/seeds/', import.meta.url)

interface Defect {
  readonly defect: string
  readonly found?: readonly string[]
  readonly hidden?: string
}

const defects: Readonly<Record<string, readonly Defect[]>> = parse(readFileSync(new URL('defects.yml', seeds), 'utf8'))

const KINDS: Readonly<Record<string, AuditFile['kind']>> = {
  'rules.yml': 'rules',
  'alertmanager.yml': 'alertmanager',
  'prometheus.yml': 'prometheus',
  'dashboard.yml': 'dashboard',
  'objectives.yml': 'objectives',
}

describe.each(Object.entries(defects))('audit of %s finds', async (system, known) => {
  const folder = new URL(`${system}/`, seeds)
  const files = readdirSync(folder).map(file => ({
    file,
    text: readFileSync(new URL(file, folder), 'utf8'),
    kind: KINDS[file] ?? ('document' as const),
  }))
  const told = (await audit(readForAudit(files, realEngines))).map(({ detector, subject }) => `${detector} ${subject}`)
  const visible = known.flatMap(({ defect, found = [] }) => found.map(finding => [defect, finding] as const))

  it.each(visible)('%s: %s', (_, finding) => {
    const [detector = '', ...words] = finding.split(' ')
    const matching = told.filter(line => line.startsWith(`${detector} `) && line.includes(words.join(' ')))
    expect(matching, told.filter(line => line.startsWith(detector)).join('\n')).not.toEqual([])
  })

  it('and every defect is either found or said to be hidden', () => {
    for (const { defect, found, hidden } of known)
      expect([defect, (found?.length ?? 0) > 0 || (hidden ?? '') !== '']).toEqual([defect, true])
  })
})
