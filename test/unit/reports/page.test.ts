import { describe, expect, it } from 'vitest'
import type { RunRecord } from '../../../src/model/record.ts'
import { reportPage } from '../../../src/reports/page/report.ts'
import { damage, hostile, met, unknown, unmet } from '../../fixtures/records/records.ts'

/** What a person reads: tags gone, entities decoded, white space folded. */
function words(page: string): string {
  return page
    .replaceAll(/<style>[\s\S]*?<\/style>|<svg[\s\S]*?<\/svg>/g, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')
}

function firstScreen(page: string): string {
  return words(page.slice(page.indexOf('<main>'), page.indexOf('<nav')))
}

describe('the first screen', () => {
  it('says the verdict, what failed, why, and where the alert went instead', () => {
    const text = firstScreen(reportPage(unmet))
    expect(text).toMatch(/^\s*✕ Unmet 1 of 2 scenarios did what was promised, 1 did not\./)
    expect(text).toContain('PostgresDown never reached dr_critical within 1m; it went to dr_team instead')
    expect(text).toContain('severity="critical", component="dr"')
    expect(text).toContain('Recovery time (RTO) of orders is 9.95 s ± 10 ms, promised at most 5 s')
  })

  it('names K and keeps drill time apart from wall time', () => {
    const text = firstScreen(reportPage(met))
    expect(text).toContain('wall time 36 s, standing for 19m 30s of drill time; K = 300')
    expect(text).toContain('10m 51s ± 4.5 s drill time')
  })

  it('says who was told, and NOBODY when an alert fired unheard', () => {
    expect(firstScreen(reportPage(unmet))).toContain('PostgresDown dr_team by email[0] firing 2m 16s drill 1')
    const silent: RunRecord = {
      ...met,
      scenarios: met.scenarios.map(scenario => ({
        ...scenario,
        timeline: scenario.timeline.filter(({ event }) => event !== 'notification'),
      })),
    }
    expect(firstScreen(reportPage(silent))).toContain('HighReplicationLag NOBODY firing never 0')
  })

  it('puts damage that is still there before everything else, with the command that undoes it', () => {
    const text = firstScreen(reportPage(damage))
    expect(text.indexOf('is still stopped')).toBeLessThan(text.indexOf('PostgresDown never reached'))
    expect(text).toMatch(/^\s*✕ Still damaged/)
    expect(text).toContain('To undo: genesis-drill clean 20261101T080000Z-dmg1')
  })

  it('never shows an unknown outcome as a success, nor a missing measure as a number', () => {
    const text = firstScreen(reportPage(unknown))
    expect(text).toContain('? Unknown: no verdict is possible')
    expect(text).toContain('interrupted by SIGINT')
    expect(text).toContain('Time to notify replication-lag at most 1m NOT MEASURED ? unknown')
    expect(text).not.toContain('✓ met')
  })

  it('folds what was kept when there is much, and shows what was not kept', () => {
    const many: RunRecord = { ...unmet, scenarios: Array.from({ length: 6 }, () => unmet.scenarios).flat() }
    const page = reportPage(many)
    const promised = page.slice(page.indexOf('Promised and measured'), page.indexOf('Which alert reached whom'))
    const [visible = '', folded = '', unpromised = ''] = promised.split('<details>')
    expect(words(visible).match(/✕ unmet/g)).toHaveLength(6)
    expect(visible).not.toContain('✓ met')
    expect(words(folded)).toContain('24 kept')
    expect(words(unpromised)).toContain('12 measured without an objective')
  })
})

describe('the fields for auditors', () => {
  it('are 25, and what only people know is NOT PROVIDED rather than blank', () => {
    const page = reportPage(unknown)
    const section = words(page.slice(page.indexOf('id="auditor"'), page.indexOf('id="environment"')))
    for (let field = 1; field <= 25; field++) expect(section).toMatch(new RegExp(`\\b${field}\\. [A-Z]`))
    for (const field of ['Test type', 'Third parties', 'Retention', 'Corrective actions'])
      expect(section).toMatch(new RegExp(`${field}[^.]*? NOT PROVIDED`))
  })

  it('print what the drill file says', () => {
    const section = words(reportPage(met))
    for (const text of ['Ada Lovelace, platform', 'Grace Hopper, database', 'DRP-7 v3.2, 2026-09-14', 'SOC 2 A1.3'])
      expect(section).toContain(text)
    expect(section).toContain('Previous run: 20261001T050000Z-a11c')
  })

  it('say what a drill does not prove', () => {
    const text = words(reportPage(met))
    expect(text).toContain('A killed process says nothing about power loss')
    expect(text).toContain('does not satisfy Art. 26')
    expect(text).toContain('PCI DSS 12.10.2')
  })
})

describe('the page itself', () => {
  it('shows hostile texts as text, in every field and in pictures', () => {
    const page = reportPage(hostile)
    expect(page.match(/<script|<img/gi)).toBeNull()
    expect(page.match(/<[a-z][^>]*\son[a-z]+=/gi)).toBeNull()
    expect(words(page)).toContain('Monthly disaster-recovery drill "><script>window.hacked=1</script>')
  })

  it('leaves no attribute of a picture open', () => {
    expect(reportPage(unmet).match(/style="[^"]*"[^\s/>]/g)).toBeNull()
  })

  it('refers to nothing outside itself', () => {
    const page = reportPage(unmet)
    expect(page.match(/(?:src|href)="(?!#|data:)[^"]*"/g)).toBeNull()
    expect(page.match(/url\((?!#)|@import/g)).toBeNull()
  })

  it('draws faults, alerts, notifications, steps, probes and metrics', () => {
    const [scenario] = reportPage({ ...unmet, scenarios: unmet.scenarios.slice(1) }).split('id="auditor"')
    const drawn = (scenario ?? '').match(/<svg[\s\S]*?<\/svg>/g)?.join('') ?? ''
    const labels = [
      'Fault: primary lost',
      'Alert: PostgresDown',
      'Told: dr_team',
      'Recovery: steps',
      'orders (sql-write)',
      'alerts at &gt; 300',
    ]
    expect(labels.filter(label => !drawn.includes(label))).toEqual([])
  })

  it('unfolds all evidence for paper', () => {
    expect(reportPage(unmet).match(/<details open/)).toBeNull()
    expect(reportPage(unmet, { open: true }).match(/<details>/)).toBeNull()
  })

  it('survives a record without scenarios', () => {
    expect(words(reportPage({ ...unknown, scenarios: [] }))).toContain(
      'No scenario was executed; the drill proves nothing.',
    )
  })
})
