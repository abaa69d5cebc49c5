import { expect, test } from 'vitest'
import { kindOf } from '../../../../src/regression/check/collect.ts'
import { readLabels, showLabels } from '../../../../src/regression/check/labels.ts'
import { exitCode, printGithub, printJunit, printReport } from '../../../../src/regression/check/print.ts'
import type { Checked, CheckReport } from '../../../../src/regression/check/result.ts'
import { samples } from '../../../../src/regression/check/words.ts'

const failed: Checked = {
  kind: 'rules',
  file: 'a,b.yml',
  line: 3,
  name: 'x < "y"',
  verdict: 'unmet',
  failures: [
    { file: 'a,b.yml', line: 5, message: '100 % wrong\nreally', expected: 'a', actual: 'b\u0000', why: ['because'] },
  ],
  notes: [],
}
const met: Checked = { ...failed, verdict: 'met', failures: [], name: 'fine' }
const report: CheckReport = { checked: [failed, met], skipped: [{ file: 'c.yml', reason: 'live' }], seconds: 1.234 }

test('the list shows what failed, both sides, why, and the count', () => {
  const text = printReport(report)
  expect(text).toContain('FAILED a,b.yml:3 x < "y"')
  expect(text).toContain('  a,b.yml:5: 100 % wrong\n    really\n    expected: a\n    got:      b')
  expect(text).toContain('    why:\n      because')
  expect(text).toContain('skipped: c.yml: live')
  expect(text).toContain('1 of 2 passed, 1 failed (1.23 s)')
  expect(text).not.toContain('fine')
})

test('JUnit counts, escapes, and drops what XML cannot hold', () => {
  const xml = printJunit(report)
  expect(xml).toContain('<testsuites name="genesis-drill check" tests="2" failures="1" errors="0" time="1.234">')
  expect(xml).toContain('name="x &lt; &quot;y&quot;"')
  expect(xml).toContain('b\uFFFD')
  expect(xml).toContain('name="fine" file="a,b.yml" line="3"/>')
})

test('GitHub annotations stand on file and line, escaped', () => {
  expect(printGithub(report)).toEqual([
    '::error file=a%2Cb.yml,line=5,title=x < "y"::100 %25 wrong%0Areally%0Aexpected: a%0Agot: b\u0000',
  ])
})

test('a refused file weighs most, then a failure, then an unknown', () => {
  expect(exitCode([met])).toBe(0)
  expect(exitCode([met, { ...met, verdict: 'unknown' }])).toBe(2)
  expect(exitCode([failed, { ...met, verdict: 'unknown' }])).toBe(1)
  expect(exitCode([failed, { ...failed, refused: true }])).toBe(64)
})

test('labels are read as promtool prints them', () => {
  const read = readLabels('up{a="x, \\"y\\"}", "b.c"="\\u00e9\\n"}') ?? {}
  expect(read).toEqual({ __name__: 'up', a: 'x, "y"}', 'b.c': 'é\n' })
  expect(showLabels({ alertname: 'A', b: '1' }, ['alertname'])).toBe('{b="1"}')
  expect(samples('{a="1, {"} 1.5E+01, up{b="2"} 3E-01')).toBe('{a="1, {"} 15\nup{b="2"} 0.3')
})

test.each([
  ['scenario: x\nservices: {}', 'scenario'],
  ['rule_files: [a]\ntests: []', 'rules'],
  ['{\n  "rule_files": [],\n  "tests": []\n}', 'rules'],
  ['alertmanager: a.yml\nroutes: []', 'routes'],
  ['{\n "alertmanager": "a", "routes": []}', 'routes'],
  ['route:\n  receiver: x\n  routes: []', undefined],
  ['global: {}\nrule_files: [a]\nscrape_configs: []', undefined],
  ['groups:\n  - name: tests\n', undefined],
])('%j holds %s', (text, kind) => {
  expect(kindOf(text)).toBe(kind)
})
