import { expect, it } from 'vitest'
import { ScenarioError } from '../../../src/model/errors.ts'
import { readAlertmanager } from '../../../src/monitoring/alertmanager/read.ts'
import { rewriteForRun } from '../../../src/monitoring/alertmanager/rewrite.ts'
import { readPrometheus } from '../../../src/monitoring/prometheus/read.ts'
import { redact } from '../../../src/monitoring/redact.ts'
import { readRuleFile } from '../../../src/monitoring/rules/read.ts'
import { scaleRuleFile } from '../../../src/monitoring/rules/scale.ts'

const junk = [
  '',
  '[]',
  '{}',
  'null',
  '\u0000',
  'a: *b',
  '? [a]\n: b',
  'groups: [5, null, {}]',
  'groups: [{name: a, rules: [5, null, {alert: }]}]',
  'groups: &g [{name: a, rules: *g}]',
  'route: 5\nreceivers: 7',
  'route: {routes: [5, {matchers: {a: b}, group_by: 5}]}\nreceivers: [{name: a, slack_configs: {a: 1}}, 5]',
  'route: &r {receiver: a, routes: [*r]}\nreceivers: [{name: a}]',
  'scrape_configs: [{job_name: a, static_configs: [5, {targets: 7}]}]',
]

it.each(junk)('%j is answered with problems, never with a crash', text => {
  const { problems } = readRuleFile(text, 'f')
  expect([...problems, ...readAlertmanager(text, 'f').problems].length).toBeGreaterThan(0)
  readPrometheus(text, 'f')
  redact(text)
  const options = { timeScale: 60, httpUrl: 'http://x', smtp: { host: 'x', port: 1 } }
  expect(() => rewriteForRun(text, 'f', options)).toThrow(ScenarioError)
  if (problems.length > 0)
    expect(() => scaleRuleFile(text, 'f', { timeScale: 60, world: () => 'drill' })).toThrow(ScenarioError)
})
