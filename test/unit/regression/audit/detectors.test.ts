import { describe, expect, it } from 'vitest'
import type { Engines } from '../../../../src/regression/audit/engines.ts'
import { audit, type detectors } from '../../../../src/regression/audit/index.ts'
import { type AuditFile, readForAudit } from '../../../../src/regression/audit/read.ts'

const noEngines: Engines = { check: async () => undefined, ask: async () => undefined }

async function findings(files: Readonly<Partial<Record<AuditFile['kind'], string>>>) {
  const given = Object.entries(files).map(([kind, text]) => ({
    kind: kind as AuditFile['kind'],
    file: `${kind}.yml`,
    text,
  }))
  return audit(readForAudit(given, noEngines))
}

async function names(files: Parameters<typeof findings>[0]): Promise<string[]> {
  return (await findings(files)).map(({ detector }) => detector)
}

const rules = (...all: string[]) => `groups:\n- name: g\n  rules:\n${all.map(rule => `  - ${rule}\n`).join('')}`
const rule = (name: string, expr: string, rest = '') => `{alert: ${name}, expr: ${JSON.stringify(expr)}${rest}}`
const critical = ', labels: {severity: critical}'
const alertmanager = (route: string, receivers = '{name: a}, {name: b}') =>
  `route: ${route}\nreceivers: [${receivers}]\n`
const objective = (query: string, operator: string, target: number, rest = '') =>
  `objectives: [{name: o, query: ${JSON.stringify(query)}, operator: "${operator}", target: ${target}${rest}}]\n`

/** What shows the defect, and the same without it. */
const examples: Readonly<
  Record<keyof typeof detectors, [Parameters<typeof findings>[0], Parameters<typeof findings>[0]]>
> = {
  unloadable: [{ rules: rules(rule('A', 'x >')) }, { rules: rules(rule('A', 'x > 1')) }],
  'unexpanded-variable': [
    {
      alertmanager: `${alertmanager('{receiver: a}')}global: {smtp_auth_password: '\${PASSWORD}', smtp_hello: '#x'}\n`,
    },
    { alertmanager: `${alertmanager('{receiver: a}')}global: {smtp_hello: '{{ $labels }}'} # \${COMMENT}\n` },
  ],
  placeholder: [
    { rules: rules(rule('A', 'prometheus_expression')).replaceAll('"', '') },
    { rules: rules(rule('A', 'x')) },
  ],
  'not-connected': [
    { prometheus: 'rule_files: [other.yml]\n', rules: rules(rule('A', 'x')) },
    {
      prometheus: "rule_files: ['/etc/*.yml']\nalerting: {alertmanagers: [{dns_sd_configs: [{names: [am]}]}]}\n",
      rules: rules(rule('A', 'x')),
    },
  ],
  'self-scrape': [
    { prometheus: "scrape_configs: [{job_name: web, static_configs: [{targets: ['localhost:9090']}]}]\n" },
    { prometheus: "scrape_configs: [{job_name: prometheus, static_configs: [{targets: ['localhost:9090']}]}]\n" },
  ],
  'documented-command': [
    { document: '```sh\ncurl http://am:9093/api/v1/alerts\n```\n' },
    { document: '```sh\ncurl http://am:9093/api/v2/alerts\n```\n' },
  ],
  'dead-route': [
    {
      rules: rules(rule('A', 'x', critical)),
      alertmanager: alertmanager('{receiver: a, routes: [{receiver: b, matchers: [severity="page"]}]}'),
    },
    // The series may carry it.
    {
      rules: rules(rule('A', 'x')),
      alertmanager: alertmanager('{receiver: a, routes: [{receiver: b, matchers: [severity="page"]}]}'),
    },
  ],
  'dead-receiver': [
    { alertmanager: alertmanager('{receiver: a}') },
    { alertmanager: alertmanager('{receiver: a, routes: [{receiver: b, matchers: [x="y"]}]}') },
  ],
  'label-never-emitted': [
    {
      rules: rules(rule('A', 'sum by (job) (x)')),
      alertmanager: alertmanager('{receiver: a, group_by: [team]}'),
      prometheus: 'global: {}\n',
    },
    {
      rules: rules(rule('A', 'sum by (job) (x)')),
      alertmanager: alertmanager('{receiver: a, group_by: [team, job]}'),
      prometheus: 'global: {external_labels: {team: x}}\n',
    },
  ],
  'continue-without-effect': [
    { alertmanager: alertmanager('{receiver: a, routes: [{receiver: b, matchers: [x="y"], continue: true}]}') },
    {
      alertmanager: alertmanager(
        '{receiver: a, routes: [{receiver: b, matchers: [x="y"], continue: true}, {receiver: b}]}',
      ),
    },
  ],
  'silent-resolve': [
    { alertmanager: alertmanager('{receiver: a}', '{name: a, slack_configs: [{channel: x}]}') },
    { alertmanager: alertmanager('{receiver: a}', '{name: a, slack_configs: [{send_resolved: true}]}') },
  ],
  'critical-not-paged': [
    {
      rules: rules(rule('A', 'x', critical)),
      alertmanager: alertmanager('{receiver: a}', '{name: a}, {name: b, pagerduty_configs: [{routing_key: k}]}'),
    },
    {
      rules: rules(rule('A', 'x', critical)),
      alertmanager: alertmanager(
        '{receiver: a, routes: [{receiver: b, matchers: [severity=~"crit.*"]}]}',
        '{name: a}, {name: b, pagerduty_configs: [{routing_key: k}]}',
      ),
    },
  ],
  'loopback-address': [
    { alertmanager: alertmanager('{receiver: a}', "{name: a, webhook_configs: [{url: 'http://localhost:8080/x'}]}") },
    { alertmanager: alertmanager('{receiver: a}', "{name: a, webhook_configs: [{url: 'http://responder:8080/x'}]}") },
  ],
  pace: [
    { alertmanager: alertmanager('{receiver: a, group_interval: 10s}') },
    { alertmanager: alertmanager('{receiver: a, group_interval: 5m, repeat_interval: 4h}') },
  ],
  'outdated-notation': [
    { alertmanager: alertmanager('{receiver: a, routes: [{receiver: b, match: {x: y}}]}') },
    { alertmanager: alertmanager('{receiver: a, routes: [{receiver: b, matchers: [x=y]}]}') },
  ],
  'resolves-when-target-dies': [
    { rules: rules(rule('A', 'x > 1')) },
    { rules: rules(rule('A', 'x > 1'), rule('B', 'up == 0')) },
  ],
  'never-fires-without-series': [
    { rules: rules(rule('A', 'time() - last_backup > 3600'), rule('B', 'up == 0')) },
    { rules: rules(rule('A', 'time() - last_backup > 3600 or absent(last_backup)')) },
  ],
  'bounded-range': [
    { rules: rules(rule('A', '5 < x < 10')) },
    { rules: rules(rule('A', 'x > 5'), rule('B', 'x < 10')) },
  ],
  'duplicate-condition': [
    { rules: rules(rule('A', 'x > 5'), rule('B', 'x * 100 > 500')) },
    {
      rules: rules(rule('A', 'x > 5', ', labels: {severity: warning}'), rule('B', 'x > 10', critical)),
      alertmanager: `${alertmanager('{receiver: a}')}inhibit_rules: [{source_matchers: [severity="critical"], target_matchers: [severity="warning"]}]\n`,
    },
  ],
  'warning-after-critical': [
    { rules: rules(rule('A', 'x > 5', ', for: 5m'), rule('B', 'x > 10', ', for: 2m')) },
    { rules: rules(rule('A', 'x > 5', ', for: 2m'), rule('B', 'x > 10', ', for: 5m')) },
  ],
  'division-by-zero': [
    { rules: rules(rule('A', 'used / (limit) > 0.9')) },
    {
      rules: rules(
        rule('A', 'used / limit > 0.9 and limit > 0'),
        rule('B', 'a / count(b) > 1'),
        rule('C', 'a / 60 > 1'),
      ),
    },
  ],
  'doubtful-query': [
    { rules: rules(rule('A', '1 - rate(failures_total[5m]) / 60 < 0.9')) },
    { rules: rules(rule('A', '1 - rate(failures_total[5m]) / rate(attempts_total[5m]) < 0.9')) },
  ],
  'calendar-month': [
    { rules: rules(rule('A', '(time() - last_test) / 86400 > 30')) },
    { rules: rules(rule('A', '(time() - last_test) / 86400 > 32'), rule('B', 'x > 2592000')) },
  ],
  'range-beyond-retention': [
    { rules: rules(rule('A', 'max_over_time(x[10d] offset 10d) > 1')) },
    {
      rules: rules(rule('A', 'max_over_time(x[10d] offset 10d) > 1')),
      prometheus: 'storage: {tsdb: {retention: {time: 30d}}}\n',
    },
  ],
  'range-under-two-scrapes': [
    { rules: rules(rule('A', 'rate(x[1m]) > 1')), prometheus: 'scrape_configs: [{job_name: a}]\n' },
    {
      rules: rules(rule('A', 'rate(x[5m]) > 1'), rule('B', 'max_over_time(x[1m]) > 1')),
      prometheus: 'scrape_configs: [{job_name: a}]\n',
    },
  ],
  'no-watchdog': [
    { rules: rules(rule('A', 'x')) },
    { rules: rules(rule('A', 'vector(1)'), rule('B', 'rate(alertmanager_notifications_failed_total[5m]) > 0')) },
  ],
  annotations: [
    { rules: rules(rule('A', 'x', ', annotations: {summary: "{{ $value }}"}')) },
    {
      rules: rules(
        rule(
          'A',
          'x',
          ', annotations: {summary: "{{ $labels.instance }} {{ $value | humanize }}", runbook_url: "http://x"}',
        ),
      ),
    },
  ],
  'metric-naming': [
    { rules: rules(rule('A', 'rate(app_failures[5m]) > backup_age_hours')) },
    { rules: rules(rule('A', 'rate(app_failures_total[5m]) > backup_age_seconds')) },
  ],
  'sla-gap': [
    { rules: rules(rule('A', 'x > 8')), objectives: objective('x', '<', 4) },
    { rules: rules(rule('A', 'x >= 4')), objectives: objective('x', '<', 4) },
  ],
  'detects-too-late': [
    { rules: rules(rule('A', 'lag_seconds > 300', ', for: 5m')), objectives: objective('lag_seconds', '<', 300) },
    { rules: rules(rule('A', 'lag_seconds > 60', ', for: 1m')), objectives: objective('lag_seconds', '<', 300) },
  ],
  'objective-without-rule': [
    { rules: rules(rule('A', 'x < 4')), objectives: objective('x', '<', 4) },
    { rules: rules(rule('A', 'x > 4')), objectives: `${objective('x', '<', 4)}alerts: [A]\n` },
  ],
  'band-gap': [
    { dashboard: "panels: [{title: P, expr: x, bands: {green: '> 80%', red: '< 80%'}}]\n" },
    {
      dashboard:
        '{"panels": [{"title": "P", "targets": [{"expr": "x"}], "fieldConfig": {"defaults": {"thresholds": {"steps": [{"value": null}, {"value": 5}]}}}}]}',
      rules: rules(rule('A', 'x > 5')),
    },
  ],
  'missing-metric': [
    { rules: rules(rule('A', 'y > 1')), objectives: 'metrics: {x: gauge}\n' },
    { rules: rules(rule('A', 'rate(x_bucket[5m]) > up')), objectives: 'metrics: {x: histogram}\n' },
  ],
  'unwatched-metric': [
    { rules: rules(rule('A', 'x > 1')), objectives: 'metrics: {backup_failures_total: counter}\n' },
    {
      rules: rules(rule('A', 'r > 1'), '{record: r, expr: "rate(backup_failures_total[5m])"}'),
      objectives: 'metrics: {backup_failures_total: counter, x: gauge}\n',
    },
  ],
}

describe.each(Object.entries(examples))('%s', (name, [defective, healthy]) => {
  it('tells of the defect, and of nothing where there is none', async () => {
    expect(await names(defective)).toContain(name)
    expect(await names(healthy)).not.toContain(name)
    expect(await names(healthy)).not.toContain('unloadable')
  })
})

it('decides dead routes by the labels that rules really emit', async () => {
  const routes = alertmanager('{receiver: a, routes: [{receiver: b, matchers: [team="x"]}]}')
  const dead = async (expr: string, rest = '') =>
    (await findings({ rules: rules(rule('A', expr, rest)), alertmanager: routes, prometheus: 'global: {}\n' })).some(
      ({ detector }) => detector === 'dead-route',
    )
  expect(await dead('m{team="y"} > 1')).toBe(true)
  expect(await dead('m{team=~"x|y"} > 1')).toBe(false)
  expect(await dead('m{team!="x"} > 1')).toBe(true)
  expect(await dead('sum by (job) (m) > 1')).toBe(true)
  expect(await dead('sum by (team) (m) > 1')).toBe(false)
  expect(await dead('sum without (team) (m) > 1')).toBe(true)
  expect(await dead('m * on (job) n > 1')).toBe(true)
  expect(await dead('m * on (job) group_left (team) n > 1')).toBe(false)
  expect(await dead('absent(m{team="x"})')).toBe(false)
  expect(await dead('absent(m{team=~"x"})')).toBe(true)
  expect(await dead('label_replace(sum(m), "team", "x", "", "")')).toBe(false)
  expect(await dead('m > 1', ', labels: {team: y}')).toBe(true)
  expect(await dead('m > 1', ', labels: {team: "{{ $labels.owner }}"}')).toBe(false)
})

it('decides nothing where Prometheus rewrites the labels of alerts', async () => {
  const files = {
    rules: rules(rule('A', 'x', critical)),
    alertmanager: alertmanager('{receiver: a, routes: [{receiver: b, matchers: [severity="page"]}]}'),
  }
  const relabelling = 'alerting: {alert_relabel_configs: [{source_labels: [severity], target_label: severity}]}\n'
  expect(await names({ ...files, prometheus: 'alerting: {}\n' })).toContain('dead-route')
  expect(await names({ ...files, prometheus: relabelling })).not.toContain('dead-route')
})

it('tells of a route that another one before it always takes', async () => {
  const found = await findings({
    rules: rules(rule('A', 'x', critical)),
    alertmanager: alertmanager(
      '{receiver: a, routes: [{receiver: a, matchers: [severity="critical"]}, {receiver: b, matchers: [severity=~"crit.*"]}]}',
    ),
  })
  expect(found.find(({ detector }) => detector === 'dead-route')).toMatchObject({
    subject: expect.stringContaining('route.routes[1]'),
    happens: expect.stringContaining('taken by a route before it'),
  })
})

describe('disable comments', () => {
  const text = (comment: string, behind = '') => `groups:
- name: g
  rules:
  ${comment}
  - alert: A
    expr: 5 < x < 10${behind}
  - alert: B
    expr: 5 < y < 10
`
  const told = async (source: string) =>
    (await findings({ rules: source }))
      .filter(({ detector }) => ['bounded-range', 'disable'].includes(detector))
      .map(({ detector, line, happens }) => `${line} ${detector}${detector === 'disable' ? `: ${happens}` : ''}`)

  it('accept one finding, above a block or behind a line', async () => {
    expect(await told(text('# genesis-drill disable bounded-range another alert follows'))).toEqual(['8 bounded-range'])
    expect(await told(text('#', ' # genesis-drill disable bounded-range another alert follows'))).toEqual([
      '8 bounded-range',
    ])
  })

  it('are told when they have no reason, no effect or an unknown name', async () => {
    expect(await told(text('# genesis-drill disable bounded-range'))).toEqual(
      expect.arrayContaining(['6 bounded-range', '4 disable: it gives no reason, so it accepts nothing']),
    )
    expect(await told(text('# genesis-drill disable bounded-rang why'))).toContain(
      '4 disable: no detector is named bounded-rang; did you mean bounded-range?',
    )
    expect(await told(text('# genesis-drill disable calendar-month why'))).toContain(
      '4 disable: it accepts nothing: there is no such finding here (any more)',
    )
  })
})

it('gives each finding a place, what will happen and what to do, the gravest first', async () => {
  const found = await findings({ rules: rules(rule('A', '5 < x < 10')) })
  expect(found.map(({ severity }) => severity)).toEqual(
    [...found]
      .map(({ severity }) => severity)
      .sort(
        (a, b) => ['blocker', 'high', 'medium', 'low'].indexOf(a) - ['blocker', 'high', 'medium', 'low'].indexOf(b),
      ),
  )
  for (const finding of found) {
    expect(finding.file).toBe('rules.yml')
    expect(finding.line).toBeGreaterThan(0)
    expect(finding.happens.length).toBeGreaterThan(10)
    expect(finding.advice.length).toBeGreaterThan(5)
  }
})
