import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectations } from '../../../src/expectations/index.ts'
import type { Finding } from '../../../src/model/finding.ts'
import type { EventBody } from '../../../src/model/timeline.ts'
import { type FakeRun, FakeServer, fakeRun } from '../../fakes/run.ts'

const check = <Spec>(
  kind: { spec: { parse(value: unknown): Spec }; check(spec: Spec, run: FakeRun): Promise<Finding> },
  spec: unknown,
  run: FakeRun,
) => kind.check(kind.spec.parse(spec), run)

describe('quiet', () => {
  test('names what is loud, and explains it', async () => {
    const run = fakeRun()
    expect(await check(expectations.quiet, {}, run)).toMatchObject({ verdict: 'met' })
    run.monitoring.fire('Watchdog')
    run.monitoring.fire('DiskFull', { disk: 'a' }, 'pending')
    const finding = await check(expectations.quiet, { except: ['Watchdog'] }, run)
    expect(finding).toMatchObject({
      verdict: 'unmet',
      message: 'expected no alert pending or firing besides Watchdog, seen: DiskFull (pending)',
    })
    expect(run.monitoring.explained).toEqual(['DiskFull'])
  })
})

describe('alert', () => {
  const wanted = { alert: 'Lag', labels: { severity: 'critical', instance: { matches: 'standby-[0-9]+' } } }

  test('labels are matched in part, regular expressions in whole', async () => {
    const run = fakeRun()
    run.monitoring.fire('Lag', { severity: 'critical', instance: 'standby-1', team: 'db' })
    expect(await check(expectations.alert, wanted, run)).toMatchObject({ verdict: 'met' })
    const other = fakeRun()
    other.monitoring.fire('Lag', { severity: 'critical', instance: 'old-standby-1' })
    expect(await check(expectations.alert, wanted, other)).toMatchObject({
      verdict: 'unmet',
      message: expect.stringContaining('instance="old-standby-1"}, which does not match'),
    })
  })

  test('a regular expression that is none is an error, not a silent miss', async () => {
    const run = fakeRun()
    await expect(check(expectations.alert, { alert: 'Lag', labels: { job: { matches: '(' } } }, run)).rejects.toThrow(
      /job: "\(" is no regular expression/,
    )
  })

  test('a pending alert does not fire, and an inactive one says so', async () => {
    const run = fakeRun()
    expect((await check(expectations.alert, { alert: 'Lag' }, run)).message).toBe(
      'expected Lag to be firing, seen: inactive',
    )
    run.monitoring.fire('Lag', {}, 'pending')
    expect((await check(expectations.alert, { alert: 'Lag' }, run)).message).toBe(
      'expected Lag to be firing, seen: pending {}',
    )
    expect(await check(expectations.alert, { alert: 'Lag', state: 'pending' }, run)).toMatchObject({ verdict: 'met' })
  })

  test('annotations are part of what is expected', async () => {
    const run = fakeRun()
    run.monitoring.fire('Lag')
    const annotated = (summary: unknown) => check(expectations.alert, { alert: 'Lag', annotations: { summary } }, run)
    expect(await annotated({ matches: 'Lag .*' })).toMatchObject({ verdict: 'met' })
    expect(await annotated('something else')).toMatchObject({
      verdict: 'unmet',
      message: expect.stringContaining('summary="Lag happened"'),
    })
  })

  test('only an alert that fired can be resolved', async () => {
    const run = fakeRun()
    const resolved = () => check(expectations.alert, { alert: 'Lag', state: 'resolved', labels: { job: 'a' } }, run)
    expect(await resolved()).toMatchObject({
      verdict: 'unmet',
      message: expect.stringContaining('it never fired in this run'),
    })
    run.append({ event: 'alert', alert: 'Lag', labels: { job: 'b' }, state: 'firing' })
    expect(await resolved()).toMatchObject({ verdict: 'unmet' })
    run.append({ event: 'alert', alert: 'Lag', labels: { job: 'a' }, state: 'firing' })
    expect(await resolved()).toMatchObject({ verdict: 'met' })
    run.monitoring.fire('Lag', { job: 'a' })
    expect(await resolved()).toMatchObject({ verdict: 'unmet', message: expect.stringContaining('seen: firing') })
  })
})

describe('notification', () => {
  const arrival = (receiver: string, over: Partial<Extract<EventBody, { event: 'notification' }>> = {}): EventBody => ({
    event: 'notification',
    receiver,
    integration: 'pagerduty',
    index: 0,
    status: 'firing',
    alerts: [{ labels: { alertname: 'Lag', severity: 'critical' }, status: 'firing' }],
    groupLabels: { alertname: 'Lag' },
    payload: { payload: { severity: 'critical', summary: 'the "standby" lags' }, links: [{ href: 'http://a/b' }] },
    ...over,
  })
  const wanted = { alert: 'Lag', receiver: 'dr_critical', via: 'pagerduty' }

  test('a payload must hold every fragment', async () => {
    const run = fakeRun()
    run.append(arrival('dr_critical'))
    const holding = (payload: unknown) => check(expectations.notification, { ...wanted, payload }, run)
    expect(
      await holding([
        { contains: 'the "standby"' },
        { path: 'payload.severity', equals: 'critical' },
        { path: 'links[0].href', matches: 'https?://.*' },
      ]),
    ).toMatchObject({ verdict: 'met' })
    expect(await holding([{ contains: 'standby' }, { path: 'payload.severity', equals: 'warning' }])).toMatchObject({
      verdict: 'unmet',
      message: expect.stringContaining('with payload.severity = "critical" instead of "warning"'),
    })
    expect(await holding([{ path: 'links[1].href', matches: '.*' }])).toMatchObject({ verdict: 'unmet' })
  })

  test('one that went elsewhere is told with where', async () => {
    const run = fakeRun()
    run.append(arrival('dr_team', { integration: 'email' }))
    expect(await check(expectations.notification, wanted, run)).toMatchObject({
      verdict: 'unmet',
      message:
        'expected a firing notification about Lag at receiver dr_critical via pagerduty, seen: it arrived at dr_team via email instead',
    })
    expect(run.monitoring.explained).toEqual(['Lag to dr_critical'])
  })

  test('the integration, the status and the labels count', async () => {
    const run = fakeRun()
    run.append(arrival('dr_critical'))
    const seen = async (spec: object) =>
      (await check(expectations.notification, { alert: 'Lag', receiver: 'dr_critical', ...spec }, run)).verdict
    expect(await seen({})).toBe('met')
    expect(await seen({ via: 'slack' })).toBe('unmet')
    expect(await seen({ status: 'resolved' })).toBe('unmet')
    expect(await seen({ labels: { severity: 'warning' } })).toBe('unmet')
  })

  test('in a group, the status of the alert itself counts', async () => {
    const run = fakeRun()
    run.append(
      arrival('dr_critical', {
        alerts: [
          { labels: { alertname: 'Other' }, status: 'firing' },
          { labels: { alertname: 'Lag' }, status: 'resolved' },
        ],
      }),
    )
    expect(await check(expectations.notification, wanted, run)).toMatchObject({ verdict: 'unmet' })
    expect(await check(expectations.notification, { ...wanted, status: 'resolved' }, run)).toMatchObject({
      verdict: 'met',
    })
  })

  test('what arrived before the fault tells nothing of it', async () => {
    const run = fakeRun()
    run.happened(1, arrival('dr_critical'))
    run.happened(2, { event: 'fault.injecting', fault: 'kill', name: 'kill' })
    expect(await check(expectations.notification, wanted, run)).toMatchObject({
      verdict: 'unmet',
      message: expect.stringContaining('nothing arrived there'),
    })
    run.happened(3, arrival('dr_critical'))
    expect(await check(expectations.notification, wanted, run)).toMatchObject({ verdict: 'met' })
  })

  test('a custom template that prints no labels is recognised by its text', async () => {
    const run = fakeRun()
    run.append(arrival('dr_critical', { alerts: [], groupLabels: {}, payload: { text: 'Lag: call the DBA' } }))
    expect(await check(expectations.notification, wanted, run)).toMatchObject({ verdict: 'met' })
    expect(await check(expectations.notification, { ...wanted, alert: 'DiskFull' }, run)).toMatchObject({
      verdict: 'unmet',
    })
  })
})

describe('promql', () => {
  const run = fakeRun()
  run.monitoring.answers = {
    up: [
      { labels: { job: 'a' }, value: 1 },
      { labels: { job: 'b' }, value: 0 },
    ],
    ratio: [{ labels: {}, value: Number.NaN }],
  }

  test('every series must compare', async () => {
    expect(await check(expectations.promql, { query: 'up', compare: '>=', value: 0 }, run)).toMatchObject({
      verdict: 'met',
    })
    expect(await check(expectations.promql, { query: 'up', value: 1 }, run)).toMatchObject({
      verdict: 'unmet',
      message: 'expected up to give == 1, seen: 0 for {job="b"}',
    })
  })

  test('no series, and NaN, compare with nothing', async () => {
    for (const compare of ['==', '!=', '<', '>=']) {
      expect(await check(expectations.promql, { query: 'absent_metric', compare, value: 0 }, run)).toMatchObject({
        verdict: 'unmet',
        message: expect.stringContaining('no series'),
      })
      expect(await check(expectations.promql, { query: 'ratio', compare, value: 0 }, run)).toMatchObject({
        verdict: 'unmet',
      })
    }
  })
})

describe('sql and redis', () => {
  test('numbers that a database hands out as text compare as numbers', async () => {
    const run = fakeRun({ servers: [new FakeServer('primary')] })
    Object.assign(run.server('primary').sql, { query: async () => [{ count: '1000' }] })
    const count = (spec: object) => check(expectations.sql, { service: 'primary', query: 'select 1', ...spec }, run)
    expect(await count({ value: 1000 })).toMatchObject({ verdict: 'met' })
    expect(await count({ value: 999, compare: '<' })).toMatchObject({
      verdict: 'unmet',
      message: '"select 1" on primary: expected < 999, seen: "1000"',
    })
    expect(await count({ rows: 2 })).toMatchObject({
      verdict: 'unmet',
      message: expect.stringContaining('expected 2 rows, seen: 1'),
    })
  })

  test('no row is not the value null', async () => {
    const run = fakeRun({ servers: [new FakeServer('primary')] })
    Object.assign(run.server('primary').sql, { query: async () => [] })
    expect(await check(expectations.sql, { service: 'primary', query: 'select x', value: null }, run)).toMatchObject({
      verdict: 'unmet',
      message: expect.stringContaining('no row'),
    })
  })

  test('a database that does not answer is no finding about its data', async () => {
    const run = fakeRun({ servers: [new FakeServer('primary')] })
    run.server('primary').running = false
    await expect(check(expectations.sql, { service: 'primary', query: 'select 1', value: 1 }, run)).rejects.toThrow(
      'ECONNREFUSED',
    )
  })

  test('a reply of Redis compares', async () => {
    const run = fakeRun({ servers: [new FakeServer('cache')] })
    run.server('cache').redis.keys.set('a', '1')
    const size = (value: number) => check(expectations.redis, { service: 'cache', command: ['DBSIZE'], value }, run)
    expect(await size(1)).toMatchObject({ verdict: 'met' })
    expect(await size(2)).toMatchObject({
      verdict: 'unmet',
      message: '"DBSIZE" on cache: expected == 2, seen: 1',
    })
  })
})

describe('http', () => {
  const server = createServer((request, response) => {
    if (request.url === '/hang') return
    response.writeHead(request.url === '/broken' ? 503 : 200).end('{"status":"ok","checks":[{"up":true}]}')
  })
  beforeAll(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const get = (path: string, spec: object = {}) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
    return check(expectations.http, { url, ...spec }, fakeRun())
  }

  test('status, text and places in the JSON body', async () => {
    expect(await get('/', { contains: 'ok', json: { 'checks[0].up': true } })).toMatchObject({ verdict: 'met' })
    expect(await get('/broken')).toMatchObject({
      verdict: 'unmet',
      message: expect.stringContaining('expected status 200, seen: 503'),
    })
    expect(await get('/', { json: { status: 'degraded' } })).toMatchObject({
      verdict: 'unmet',
      message: expect.stringContaining('expected status to be "degraded", seen: "ok"'),
    })
  })

  test('nobody there, or nobody answering in time, is unmet and says so', async () => {
    expect(await get('/hang', { timeout: '100ms' })).toMatchObject({
      verdict: 'unmet',
      message: expect.stringContaining('no answer within 0.1 s'),
    })
    expect(await check(expectations.http, { url: 'http://127.0.0.1:1/' }, fakeRun())).toMatchObject({
      verdict: 'unmet',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })
})

describe('backups', () => {
  test('age in drill time, number and soundness of the newest set', async () => {
    const run = fakeRun({ servers: [new FakeServer('primary')] })
    const { backups } = run.server('primary')
    const having = (spec: object) => check(expectations.backups, { service: 'primary', ...spec }, run)
    expect(await having({ maxAge: '8h' })).toMatchObject({
      verdict: 'unmet',
      message: expect.stringContaining('seen: none'),
    })
    const set = await backups.take()
    // The fake run has a time scale of 60: ten minutes of wall time are ten hours.
    backups.sets[0] = { ...set, stoppedAt: run.clock.wallTime(run.clock.now()) - 600_000 }
    expect(await having({ maxAge: '11h', minAge: '9h', atLeast: 1 })).toMatchObject({ verdict: 'met' })
    expect(await having({ maxAge: '8h', atLeast: 2, verification: 'intact' })).toMatchObject({
      verdict: 'unmet',
      message: expect.stringMatching(
        /at least 2 backup sets, seen: 1.*at most 8h old, seen: 10h.*intact, seen: unverified/,
      ),
    })
  })

  test('failures are counted', async () => {
    const run = fakeRun({ servers: [new FakeServer('primary')] })
    const failed = () => check(expectations.backups, { service: 'primary', failedAttempts: 1 }, run)
    expect(await failed()).toMatchObject({ verdict: 'unmet' })
    run.server('primary').backups.broken = true
    await run
      .server('primary')
      .backups.take()
      .catch(() => {})
    expect(await failed()).toMatchObject({ verdict: 'met' })
  })
})
