import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Arrival } from '../../../src/model/abilities.ts'
import { alertmanager } from '../../../src/services/alertmanager.ts'
import { inbox } from '../../../src/services/inbox.ts'
import { runtimes } from '../where.ts'
import { Bed, eventually } from './bed.ts'

describe.each(runtimes)('the inbox behind a real Alertmanager on %s', name => {
  let bed: Bed
  const config = (httpUrl: string, smarthost: string) => `
global: { smtp_smarthost: '${smarthost}', smtp_from: drill@example.com, smtp_require_tls: false }
route:
  receiver: everybody
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
receivers:
  - name: everybody
    webhook_configs: [{ url: '${httpUrl}/everybody/webhook/0', send_resolved: true }]
    slack_configs: [{ api_url: '${httpUrl}/everybody/slack/0', channel: '#drill', send_resolved: true }]
    pagerduty_configs: [{ url: '${httpUrl}/everybody/pagerduty/0', routing_key: very-secret, send_resolved: true }]
    opsgenie_configs: [{ api_url: '${httpUrl}/everybody/opsgenie/0/', api_key: very-secret, send_resolved: true }]
    victorops_configs: [{ api_url: '${httpUrl}/everybody/victorops/0/', api_key: very-secret, routing_key: team, send_resolved: true }]
    telegram_configs: [{ api_url: '${httpUrl}/everybody/telegram/0', bot_token: '1:very-secret', chat_id: 1, send_resolved: true }]
    wechat_configs: [{ api_url: '${httpUrl}/everybody/wechat/0/', api_secret: very-secret, corp_id: drill, send_resolved: true }]
    sns_configs: [{ api_url: '${httpUrl}/everybody/sns/0', topic_arn: 'arn:aws:sns:us-east-1:1:drill', sigv4: { region: us-east-1, access_key: a, secret_key: very-secret }, send_resolved: true }]
    email_configs: [{ to: team@example.com, headers: { X-Genesis-Receiver: /everybody/email/0 }, send_resolved: true }]
`
  const integrations = ['webhook', 'slack', 'pagerduty', 'opsgenie', 'victorops', 'telegram', 'wechat', 'sns', 'email']

  beforeAll(async () => {
    bed = await Bed.open(name)
    await bed.start('inbox', inbox)
    const { httpUrl, smtp } = bed.ability('inbox', 'inbox')
    await bed.start('alertmanager', alertmanager, {
      files: { 'alertmanager.yml': config(httpUrl, `${smtp.host}:${smtp.port}`) },
    })
  })
  afterAll(() => bed[Symbol.asyncDispose]())

  const post = async (alert: object) => {
    const { host, port } = await bed.ability('alertmanager', 'endpoint').address()
    const response = await fetch(`http://${host}:${port}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([alert]),
    })
    expect(response.status).toBe(200)
  }
  const labels = { alertname: 'DiskFull', severity: 'critical', instance: 'db:9187' }
  const arrived = (status: string) =>
    new Map(
      bed
        .ability('inbox', 'inbox')
        .arrivals()
        .filter(arrival => arrival.status === status)
        .map((arrival): [string, Arrival] => [arrival.integration, arrival]),
    )

  test('every integration delivers the firing and the resolved alert, once each', async () => {
    const heard: Arrival[] = []
    const unsubscribe = bed.ability('inbox', 'inbox').onArrival(arrival => void heard.push(arrival))
    const [before, beforeWall] = [performance.now(), Date.now()]
    await post({ labels, annotations: { summary: 'no space' } })
    await eventually(() => arrived('firing').size === integrations.length, 30_000)
    expect([...arrived('firing').keys()].sort()).toEqual([...integrations].sort())
    for (const arrival of arrived('firing').values()) {
      expect(arrival).toMatchObject({ receiver: 'everybody', index: 0 })
      expect(arrival.monotonic).toBeGreaterThan(before)
      expect(arrival.wall).toBeGreaterThanOrEqual(beforeWall)
    }
    await post({ labels, annotations: { summary: 'no space' }, endsAt: new Date().toISOString() })
    await eventually(() => arrived('resolved').size === integrations.length, 30_000)
    expect([...arrived('resolved').keys()].sort()).toEqual([...integrations].sort())
    expect(heard).toEqual(bed.ability('inbox', 'inbox').arrivals())
    expect(heard).toHaveLength(2 * integrations.length)
    unsubscribe()
  })

  test.each(['webhook', 'pagerduty', 'opsgenie', 'email'])('%s tells the labels of its alerts', integration => {
    expect(arrived('firing').get(integration)?.alerts).toEqual([{ labels, status: 'firing' }])
    expect(arrived('resolved').get(integration)?.alerts).toEqual([{ labels, status: 'resolved' }])
  })

  test('no secret is kept', () => {
    expect(JSON.stringify(bed.ability('inbox', 'inbox').arrivals())).not.toContain('very-secret')
  })

  test('the configuration is replaced while it runs, survives a restart, and a bad one is refused', async () => {
    const { httpUrl } = bed.ability('inbox', 'inbox')
    const { replace } = bed.ability('alertmanager', 'configuration')
    await replace({
      'alertmanager.yml': `
route: { receiver: 'on call/primary', group_wait: 0s }
receivers: [{ name: on call/primary, webhook_configs: [{ url: '${httpUrl}/on%20call%2Fprimary/webhook/0' }] }]`,
    })
    await expect(replace({ 'alertmanager.yml': 'route: { receiver: nobody-knows }' })).rejects.toThrow(
      /nobody-knows|undefined receiver/,
    )
    await bed.ability('alertmanager', 'lifecycle').kill()
    await bed.ability('alertmanager', 'lifecycle').start()
    bed.ability('inbox', 'inbox').clear()
    await post({ labels: { alertname: 'Other' } })
    await eventually(() => bed.ability('inbox', 'inbox').arrivals().length > 0)
    expect(bed.ability('inbox', 'inbox').arrivals()[0]).toMatchObject({
      receiver: 'on call/primary',
      integration: 'webhook',
    })
  })

  test('what is too large or addressed to nobody is refused', async () => {
    const { httpUrl, arrivals } = bed.ability('inbox', 'inbox')
    const before = arrivals().length
    const send = async (path: string, body: string) =>
      (await fetch(`${httpUrl}${path}`, { method: 'POST', body })).status
    expect(await send('/', '{}')).toBe(404)
    expect(await send('/everybody/webhook/0', 'x'.repeat(1_100_000)).catch(() => 413)).toBe(413)
    expect(arrivals()).toHaveLength(before)
  })
})
