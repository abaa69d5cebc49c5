import { describe, expect, it } from 'vitest'
import type { RunRecord } from '../../../src/model/record.ts'
import { reports } from '../../../src/reports/index.ts'
import { escapeMarkdown } from '../../../src/reports/summary.ts'
import { damage, hostile, met, unknown, unmet } from '../../fixtures/records/records.ts'

async function rendered(name: keyof typeof reports, record: RunRecord): Promise<string> {
  const content = await reports[name].render(record)
  return typeof content === 'string' ? content : Buffer.from(content).toString('latin1')
}

describe('junit.xml', () => {
  it('counts what it contains: unmet as failures, unknown as errors', async () => {
    const xml = await rendered('junit', unmet)
    const suites = [
      ...xml.matchAll(/<testsuite [^>]*tests="(\d+)" failures="(\d+)" errors="(\d+)"[^>]*>([\s\S]*?)<\/testsuite>/g),
    ]
    expect(suites).toHaveLength(2)
    for (const [, tests, failures, errors, body = ''] of suites) {
      expect(body.match(/<testcase /g)).toHaveLength(Number(tests))
      expect(body.match(/<failure /g) ?? []).toHaveLength(Number(failures))
      expect(body.match(/<error /g) ?? []).toHaveLength(Number(errors))
    }
    expect(suites.map(([, , failures, errors]) => [failures, errors])).toEqual([
      ['0', '0'],
      ['2', '1'],
    ])
  })

  it('carries the reason and the evidence of a failure', async () => {
    const xml = await rendered('junit', unmet)
    expect(xml).toContain('message="PostgresDown never reached dr_critical within 1m; it went to dr_team instead"')
    expect(xml).toContain('dr_team / email: 1')
  })

  it('does not let an interrupted run or damage pass', async () => {
    expect(await rendered('junit', unknown)).toContain('message="interrupted by SIGINT; everything was rolled back"')
    expect(await rendered('junit', damage)).toContain('to undo: genesis-drill clean')
  })

  it('is well-formed whatever the texts hold', async () => {
    const nasty: RunRecord = {
      ...met,
      scenarios: met.scenarios.map(scenario => ({
        ...scenario,
        scenario: 'a\u0000b\uD800]]><![CDATA[',
        findings: scenario.findings.map(finding => ({
          ...finding,
          verdict: 'unmet' as const,
          message: '\u001b[31m"<&',
        })),
      })),
    }
    const xml = await rendered('junit', nasty)
    expect(xml).toMatch(/^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u)
    expect(xml).not.toContain(']]>')
    expect(xml).not.toContain('<![CDATA[')
    expect(xml).not.toMatch(
      /<(?!\/?(?:testsuites?|testcase|properties|property|failure|error|system-(?:out|err))\b|\?xml)/,
    )
  })
})

describe('summary.md', () => {
  it('has the verdict, the reason, the figures and who was told', async () => {
    const text = await rendered('summary', unmet)
    expect(text).toMatch(/^## ✕ Monthly disaster-recovery drill: unmet\n/)
    expect(text).toContain('it went to dr\\_team instead')
    expect(text).toContain(
      '| primary-lost-async | Recovery time (RTO): orders | at most 5 s | 9.95 s ± 10 ms | wall | ✕ unmet |',
    )
    expect(text).toContain('| PostgresDown | dr\\_team | email\\[0\\] | firing |')
  })

  it('lets no markup, mention, link or extra table cell through', async () => {
    const text = await rendered('summary', hostile)
    expect(text).not.toMatch(/<(?:script|img)/)
    expect(text).not.toMatch(/(?<!\\)\]\(/)
    expect(escapeMarkdown('@oncall | see http://x\n# big')).toBe('&#64;oncall \\| see http&#58;//x \\# big')
  })

  it('keeps each table row at the width of its header', async () => {
    const rows = (await rendered('summary', hostile)).split('\n').filter(line => line.startsWith('|'))
    const cells = (row: string) => row.match(/(?<!\\)\|/g)?.length
    expect(new Set(rows.map(cells)).size).toBeLessThanOrEqual(3)
    expect(cells(rows[2] ?? '')).toBe(cells(rows[0] ?? ''))
  })
})

describe('metrics.prom', () => {
  it('names system and scenario and escapes label values', async () => {
    const text = await rendered('metrics', unmet)
    expect(text).toContain('genesis_dr_test_total{system="genesis-dr",scenario="replication-lag"} 1')
    expect(text).toContain('genesis_dr_test_success_rate{system="genesis-dr",scenario="primary-lost-async"} 0')
    const hostileText = await rendered('metrics', hostile)
    for (const line of hostileText.split('\n').filter(line => line !== '' && !line.startsWith('#')))
      expect(line).toMatch(/^[a-z_]+\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\} [-+.\de]+$/)
  })
})

describe('record.json', () => {
  it('gives the record back', async () => {
    expect(JSON.parse(await rendered('json', unmet))).toEqual(unmet)
  })
})
