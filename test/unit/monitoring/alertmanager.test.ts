import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../../src/model/errors.ts'
import { parseMatchers } from '../../../src/monitoring/alertmanager/matchers.ts'
import { readAlertmanager, sendsResolved } from '../../../src/monitoring/alertmanager/read.ts'
import { rewriteForRun } from '../../../src/monitoring/alertmanager/rewrite.ts'
import { routeAlert } from '../../../src/monitoring/alertmanager/route.ts'

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/alertmanager/${name}`, import.meta.url), 'utf8')
const options = { timeScale: 60, httpUrl: 'http://127.0.0.1:4000', smtp: { host: '127.0.0.1', port: 2525 } }

describe('matchers', () => {
  it.each([
    ['a="b"', [['a', '=', 'b']]],
    [' a = b ', [['a', '=', 'b']]],
    [
      '{a="b,c", d!~"e|f", g=""}',
      [
        ['a', '=', 'b,c'],
        ['d', '!~', 'e|f'],
        ['g', '=', ''],
      ],
    ],
    ['"x.y"=~"a\\"b"', [['x.y', '=~', 'a"b']]],
    ['a=', [['a', '=', '']]],
  ])('%s', (text, expected) => {
    const parsed = parseMatchers(text)
    expect(
      typeof parsed === 'string' ? parsed : parsed.map(({ label, operator, value }) => [label, operator, value]),
    ).toEqual(expected)
  })

  it.each(['a', '="b"', 'a="b'])('refuses %s', text => {
    expect(typeof parseMatchers(text)).toBe('string')
  })
})

describe('reading', () => {
  it('tells what the file names and does not have', () => {
    const { problems } = readAlertmanager(
      `route:
  receiver: team
  routes:
  - receiver: teem
    matchers: ['a=~"("', b]
    mute_time_intervals: [nights]
    group_wait: soon
receivers:
- name: team
- name: team
  foo: 1
`,
      'am.yml',
    )
    expect(problems.map(formatProblem).map(line => line.replace(/: error parsing.*/, ''))).toEqual([
      'am.yml:5:26: expected matchers such as severity="critical", got "b"',
      expect.stringMatching(/^am.yml:5:16: a=~"\(" is no RE2 pattern/),
      'am.yml:7:17: group_wait must be a duration such as 30s or 5m, got "soon"',
      'am.yml:11:3: unknown key foo in a receiver',
      'am.yml:10:3: two receivers are named team',
      'am.yml:4:15: no receiver is named teem; did you mean team?',
      'am.yml:6:27: no time interval is named nights',
    ])
  })

  it('knows which kinds stay silent about a resolve', () => {
    const { config } = readAlertmanager(fixture('every-kind.yml'), 'am.yml')
    const silent = config.receivers.flatMap(({ name, integrations }) =>
      integrations
        .filter(integration => !sendsResolved(integration))
        .map(({ kind, index }) => `${name}/${kind}/${index}`),
    )
    expect(silent).toEqual([
      'everything/webhook/0',
      'everything/slack/0',
      'everything/wechat/0',
      'everything/pushover/0',
      'paging/email/0',
    ])
  })
})

describe('routing explained', () => {
  const { config } = readAlertmanager(fixture('simple.yml'), 'simple.yml')
  it.each([
    [{ service: 'foo1' }, ['team-X-mails']],
    [{ service: 'foo1', severity: 'critical' }, ['team-X-pager']],
    [{ service: 'database', owner: 'team-X', severity: 'critical' }, ['team-X-pager']],
    [{ service: 'database', owner: 'team-X' }, ['team-X-pager']],
    [{ service: 'nothing' }, ['team-X-mails']],
  ])('%j', (labels, receivers) => {
    expect(routeAlert(config, labels).receivers.map(({ receiver }) => receiver)).toEqual(receivers)
  })

  it('follows continue, inherits settings and says why a route was passed by', () => {
    const { config } = readAlertmanager(fixture('every-kind.yml'), 'am.yml')
    const both = routeAlert(config, { severity: 'critical', team: 'a', service: 'files', owner: 'x' })
    expect(
      both.receivers.map(({ receiver, groupWait, repeatInterval, path }) => [
        receiver,
        groupWait,
        repeatInterval,
        path.at(-1),
      ]),
    ).toEqual([
      ['paging', 0, 10_800, 'route.routes[0]'],
      ['über/uns', 30, 10_800, 'route.routes[1]'],
    ])
    const none = routeAlert(config, { severity: 'critical', team: 'c' })
    expect(none.receivers.map(({ receiver }) => receiver)).toEqual(['everything'])
    expect(none.explanation).toContain(
      '  route.routes[0] (am.yml:30) does not match: it wants team=~"a|b", but team is "c"',
    )
  })
})

describe('rewriting for a run', () => {
  it('leaves no secret and no address of production', () => {
    const { text, secretsRemoved } = rewriteForRun(fixture('every-kind.yml'), 'am.yml', options)
    expect(text).not.toContain('SECRET')
    expect(text).not.toMatch(/https?:\/\/(?!127\.0\.0\.1:4000)/)
    expect(text).not.toMatch(/smtp\.example\.com/)
    expect(secretsRemoved).toBe(24)
  })

  it('knows the kinds of newer Alertmanagers', () => {
    const { text, notes, receivers } = rewriteForRun(fixture('newer-kinds.yml'), 'am.yml', options)
    expect(text).not.toMatch(/SECRET|example\.com|_file/)
    expect(notes).toEqual([])
    for (const { path } of receivers.flatMap(({ integrations }) => integrations))
      expect(text).toContain(`http://127.0.0.1:4000${path}`)
  })

  it('turns every integration to the inbox with receiver, kind and index', () => {
    const { text, receivers } = rewriteForRun(fixture('every-kind.yml'), 'am.yml', options)
    for (const { path, kind } of receivers.flatMap(({ integrations }) => integrations))
      expect(text).toContain(kind === 'email' ? `X-Genesis-Receiver: ${path}` : `http://127.0.0.1:4000${path}`)
    expect(receivers.map(({ receiver, integrations }) => [receiver, integrations.length])).toEqual([
      ['everything', 12],
      ['paging', 3],
      ['über/uns', 1],
    ])
  })

  it('keeps routes, inhibitions, time intervals and templates, and divides the waits', () => {
    const before = readAlertmanager(fixture('every-kind.yml'), 'am.yml').config
    const { config, problems } = readAlertmanager(
      rewriteForRun(fixture('every-kind.yml'), 'am.yml', options).text,
      'run.yml',
    )
    expect(problems).toEqual([])
    expect(config.route).toMatchObject({
      groupWait: { value: 0.5 },
      groupInterval: { value: 5 },
      repeatInterval: { value: 180 },
    })
    expect(config.global).toMatchObject({ resolve_timeout: '10s' })
    expect(config.timeIntervals.map(({ intervals }) => intervals)).toEqual(
      before.timeIntervals.map(({ intervals }) => intervals),
    )
    expect(config.inhibitRules).toHaveLength(1)
    const labels = { severity: 'critical', team: 'a', service: 'files', owner: 'x' }
    expect(routeAlert(config, labels).receivers.map(({ receiver }) => receiver)).toEqual(['paging', 'über/uns'])
    const sends = (which: typeof config) =>
      which.receivers.map(({ integrations }) => integrations.map(sendsResolved).sort())
    expect(sends(config)).toEqual(sends(before))
  })

  it('writes the default waits down, or they would run at the pace of production', () => {
    const { text } = rewriteForRun('route: {receiver: a}\nreceivers: [{name: a}]\n', 'am.yml', options)
    expect(readAlertmanager(text, 'run.yml').config.route).toMatchObject({
      groupWait: { value: 0.5 },
      groupInterval: { value: 5 },
      repeatInterval: { value: 240 },
    })
    expect(text).toContain('resolve_timeout: 5s')
  })

  it('notes what could only be brought near: PagerDuty v1, Pushover, kinds it does not know', () => {
    const { notes, text } = rewriteForRun(
      `route: {receiver: a}
receivers:
- name: a
  pagerduty_configs: [{service_key: S}]
  pushover_configs: [{user_key: U, token: T}]
  carrier_pigeon_configs: [{endpoint: http://coop, coop_token: C, coop_token_file: /c}]
`,
      'am.yml',
      options,
    )
    expect(notes).toHaveLength(3)
    expect(text).toContain('endpoint: http://127.0.0.1:4000/a/carrier_pigeon/0')
    expect(text).not.toMatch(/service_key|coop_token_file|: [SUTC]\b/)
  })

  it('gives each use of an alias an address of its own', () => {
    const { text } = rewriteForRun(
      `route: {receiver: a}
receivers:
- name: a
  slack_configs: &slack [{channel: x, api_url: http://s}]
- name: b
  slack_configs: *slack
`,
      'am.yml',
      options,
    )
    expect(text).toContain('/a/slack/0')
    expect(text).toContain('/b/slack/0')
  })
})
