import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { check } from '../../../src/regression/check/index.ts'
import { findAlertmanager } from '../../../src/regression/promtool/engine.ts'
import { Scratch } from '../../../src/regression/promtool/scratch.ts'
import { askAlertmanager } from '../../../src/regression/routes/ask.ts'

const CONFIG = resolve('test/fixtures/alertmanager/timed.yml')
const folder = mkdtempSync(join(tmpdir(), 'routes-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function checkRoutes(routes: unknown, alertmanager = CONFIG) {
  const file = join(folder, 'routes.yml')
  writeFileSync(file, JSON.stringify({ alertmanager: alertmanager, routes }, null, 2))
  return (await check([file], { cache: false })).checked
}

test('who is told, who is inhibited, silenced or muted, and how it is grouped, as the real Alertmanager decides', async () => {
  const checked = await checkRoutes([
    {
      name: 'a critical alert silences the warning of its instance only',
      alerts: [
        { labels: { alertname: 'A', severity: 'critical', instance: 'x' }, receivers: ['everyone'], inhibited: false },
        {
          labels: { alertname: 'B', severity: 'warning', instance: 'x' },
          receivers: [],
          inhibited: { alertname: 'A' },
        },
        { labels: { alertname: 'B', severity: 'warning', instance: 'y' }, receivers: ['everyone'], inhibited: false },
      ],
      groups: [
        { receiver: 'everyone', labels: { alertname: 'A' }, alerts: 1 },
        { receiver: 'everyone', labels: { alertname: 'B' }, alerts: 1 },
      ],
    },
    {
      name: 'the same labels in another test are another alert',
      alerts: [
        { labels: { alertname: 'B', severity: 'warning', instance: 'x' }, receivers: ['everyone'], inhibited: false },
      ],
    },
    {
      name: 'at noon the office hears of it, and the pager too',
      at: '2026-11-03T12:00:00Z',
      alerts: [
        { labels: { alertname: 'C', team: 'day', severity: 'critical' }, receivers: ['office', 'pager'], muted: false },
      ],
    },
    {
      name: 'at half past ten in the evening in Berlin only the pager does',
      at: '2026-11-03T21:30:00Z',
      alerts: [
        {
          labels: { alertname: 'C', team: 'day', severity: 'critical' },
          receivers: ['pager'],
          routed: ['office', 'pager'],
          muted: ['office'],
        },
      ],
      groups: [{ receiver: 'pager', labels: { alertname: 'C', team: 'day', severity: 'critical' } }],
    },
    {
      name: 'a mute of a route is not one of its children',
      at: '2026-11-03T12:00:00Z',
      alerts: [
        { labels: { alertname: 'D', team: 'night' }, receivers: [], muted: true },
        { labels: { alertname: 'D', team: 'night', severity: 'critical' }, receivers: ['pager'], muted: false },
      ],
    },
    {
      name: 'on Christmas the office is closed',
      at: '2026-12-25T12:00:00Z',
      alerts: [{ labels: { alertname: 'E', team: 'day' }, receivers: [], muted: true }],
    },
    {
      name: 'a silence hides what it matches',
      silences: [{ instance: { matches: 'x.*' } }],
      alerts: [
        { labels: { alertname: 'F', instance: 'x1' }, silenced: true, receivers: [] },
        { labels: { alertname: 'F', instance: 'y1' }, silenced: false, receivers: ['everyone'] },
      ],
    },
  ])
  expect(checked.flatMap(({ name, failures }) => failures.map(({ message }) => `${name}: ${message}`))).toEqual([])
  expect(checked).toHaveLength(7)
})

test('every wrong expectation is told, with the path through the tree', async () => {
  const labels = { alertname: 'A', team: 'day', severity: 'critical' }
  const [checked] = await checkRoutes([
    {
      name: 'all wrong',
      at: '2026-11-03T23:00:00Z',
      alerts: [{ labels, receivers: ['everyone'], routed: ['pager'], inhibited: true, silenced: true, muted: true }],
      groups: [{ receiver: 'office' }],
    },
  ])
  const messages = checked?.failures.map(({ message }) => message.replace(/^\{.*?\}: /, ''))
  expect(messages).toEqual([
    'expected to be notified: everyone, got pager',
    'expected to be routed to pager, got office, pager',
    'expected to be inhibited',
    'expected to be silenced',
    'expected to be muted',
    'expected 1 notified groups, got 1',
  ])
  const why = checked?.failures[0]?.why.join('\n')
  expect(why).toContain('timed.yml:12 route.routes[1] took it for office')
  expect(why).toContain('timed.yml:12 route.routes[1] is muted at this instant')
})

test("a configuration that Alertmanager refuses is the author's error, in its words", async () => {
  const broken = join(folder, 'broken.yml')
  writeFileSync(broken, 'route: {receiver: nobody}\nreceivers: [{name: somebody}]\n')
  const [checked] = await checkRoutes([{ name: 'x', alerts: [{ labels: { alertname: 'A' } }] }], broken)
  expect(checked?.refused).toBe(true)
  expect(checked?.failures[0]?.message).toContain('undefined receiver \\"nobody\\"'.replaceAll('\\', ''))
})

test('a wrong route-test file is told with every problem at its line', () => {
  const file = join(folder, 'wrong.yml')
  writeFileSync(
    file,
    `alertmanager: ${CONFIG}\nroutes:\n  - name: x\n    at: yesterday\n    alerts:\n      - labels: { alertname: A }\n        receiver: [a]\n`,
  )
  const { status, stderr } = spawnSync(process.execPath, ['src/app/cli.mjs', 'check', file], { encoding: 'utf8' })
  expect(status).toBe(64)
  expect(stderr).toContain('wrong.yml:4:9: routes.0.at')
  expect(stderr).toContain('wrong.yml:6:9: routes.0.alerts.0: Unrecognized key: "receiver"')
})

test('a thousand tests are answered by one Alertmanager, which is gone afterwards', async () => {
  using scratch = new Scratch()
  const questions = Array.from({ length: 1_000 }, (_, index) => ({
    alerts: [
      { alertname: 'A', team: index % 2 === 0 ? 'night' : 'none', severity: 'critical', instance: String(index % 3) },
      { alertname: 'A', severity: 'warning', instance: '0' },
    ],
    silences: [],
    membership: undefined,
  }))
  const answers = await askAlertmanager(
    { file: CONFIG, text: readFileSync(CONFIG, 'utf8') },
    questions,
    findAlertmanager(),
    scratch,
  )
  expect(answers).toHaveLength(1_000)
  for (const [index, { alerts }] of answers.entries()) {
    expect(alerts[0]?.routes.map(({ path }) => path)).toEqual([index % 2 === 0 ? 'route.routes[0].routes[0]' : 'route'])
    expect(alerts[1]?.inhibitedBy.map(({ instance }) => instance)).toEqual(index % 3 === 0 ? ['0'] : [])
  }
  const { stdout } = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
  expect(stdout).not.toContain(scratch.directory())
})
