import { describe, expect, test } from 'vitest'
import { listedAlerts, toldBy, withoutSecrets } from '../../../../src/services/inbox/told.ts'

describe('what a payload tells', () => {
  test('a webhook tells everything', () => {
    const told = toldBy('webhook', {
      status: 'firing',
      groupKey: '{}:{alertname="A"}',
      groupLabels: { alertname: 'A' },
      alerts: [
        { status: 'firing', labels: { alertname: 'A', x: '1' } },
        { status: 'resolved', labels: { alertname: 'A', x: '2' } },
      ],
    })
    expect(told).toEqual({
      status: 'firing',
      groupKey: '{}:{alertname="A"}',
      groupLabels: { alertname: 'A' },
      alerts: [
        { status: 'firing', labels: { alertname: 'A', x: '1' } },
        { status: 'resolved', labels: { alertname: 'A', x: '2' } },
      ],
    })
  })

  test('PagerDuty: printed lists and, of newer versions, the alerts themselves', () => {
    const event = (event_action: string, custom_details: unknown) => ({ event_action, payload: { custom_details } })
    expect(
      toldBy(
        'pagerduty',
        event('trigger', { firing: 'Labels:\n - alertname = A\nAnnotations:\n - x = y\n', resolved: '' }),
      ),
    ).toMatchObject({ status: 'firing', alerts: [{ labels: { alertname: 'A' }, status: 'firing' }] })
    expect(
      toldBy('pagerduty', event('resolve', { firing: [], resolved: [{ labels: { alertname: 'A' } }] })),
    ).toMatchObject({ status: 'resolved', alerts: [{ labels: { alertname: 'A' }, status: 'resolved' }] })
  })

  test.each([
    ['slack', { attachments: [{ color: 'good', title: 'my own words' }] }, '', 'resolved'],
    ['slack', { attachments: [{ color: 'danger', title: 'my own words' }] }, '', 'firing'],
    ['slack', { attachments: [{ color: 'danger', title: '[RESOLVED] A' }] }, '', 'resolved'],
    ['victorops', { message_type: 'RECOVERY' }, '', 'resolved'],
    ['opsgenie', { source: 'x' }, '/v2/alerts/abc/close', 'resolved'],
    ['opsgenie', { message: 'x' }, '/v2/alerts', 'firing'],
    [
      'telegram',
      { text: 'Alerts Firing:\nLabels:\n - alertname = A\nAlerts Resolved:\nLabels:\n - alertname = B' },
      '',
      'firing',
    ],
    ['telegram', { text: '\nAlerts Resolved:\nLabels:\n - alertname = B' }, '', 'resolved'],
  ])('%s %j %s is %s', (integration, payload, path, status) => {
    expect(toldBy(integration, payload, path).status).toBe(status)
  })

  test('lists of firing and resolved alerts are told apart, annotations are no labels, custom text gives nothing', () => {
    const text =
      'Alerts Firing:\nLabels:\n - alertname = A\n - x = 1 = 2\nAnnotations:\n - summary = s\nSource: http://x\n\nAlerts Resolved:\nLabels:\n - alertname = B\n'
    expect(listedAlerts(text, 'firing')).toEqual([
      { labels: { alertname: 'A', x: '1 = 2' }, status: 'firing' },
      { labels: { alertname: 'B' }, status: 'resolved' },
    ])
    expect(listedAlerts('The disk is full, run for your lives', 'firing')).toEqual([])
  })

  test('mail: lists in HTML, long lines and entities whole', () => {
    const html =
      '<td><strong>[1]&#32;Firing</strong></td><strong>[2] Resolved</strong><td><strong>Labels</strong><br/>alertname = A<br/>path = /a?b=1&amp;c=&#34;2&#34; &lt;x&gt;<br/><strong>Annotations</strong><br/>summary = s<br/></td>'
    expect(toldBy('email', { subject: '[RESOLVED] A', text: 'wrapped', html })).toEqual({
      status: 'resolved',
      alerts: [{ labels: { alertname: 'A', path: '/a?b=1&c="2" <x>' }, status: 'resolved' }],
      groupLabels: {},
    })
  })

  test('secrets go, wherever they are; other keys stay', () => {
    expect(withoutSecrets({ routing_key: 'x', dedup_key: 'd', deep: [{ bot_token: 'y', text: 'token' }] })).toEqual({
      routing_key: '<removed>',
      dedup_key: 'd',
      deep: [{ bot_token: '<removed>', text: 'token' }],
    })
  })
})
