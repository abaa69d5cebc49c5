import { expect, test } from 'vitest'
import type { Arrival } from '../../../src/model/abilities.ts'
import type { AlertmanagerAlert } from '../../../src/model/kind.ts'
import { attribution } from '../../../src/run/attribution.ts'

const down = { alertname: 'PostgresDown', severity: 'critical' }
const missing = { alertname: 'DRMetricsMissing', severity: 'critical' }
const routed = (labels: AlertmanagerAlert['labels'], receiver = 'dr_critical'): AlertmanagerAlert => ({
  labels,
  receivers: [receiver],
  state: 'active',
  inhibitedBy: [],
  silencedBy: [],
  mutedBy: [],
})
const slack = (status: Arrival['status'], title: string): Arrival => ({
  wall: 0,
  monotonic: 0,
  receiver: 'dr_critical',
  integration: 'slack',
  index: 0,
  status,
  alerts: [],
  groupLabels: {},
  payload: { attachments: [{ title }] },
})

test('a message is about the alert that it names, not about everything that fires', async () => {
  const toldBy = attribution({ alertmanagerAlerts: async () => [routed(missing), routed(down)] }, () => [])
  expect(await toldBy(slack('firing', 'PostgresDown'))).toEqual([{ labels: down, status: 'firing' }])
})

test('a message that names none is about all that its receiver gets', async () => {
  const alerts = [routed(missing), routed(down), routed({ alertname: 'Other' }, 'dr_team')]
  const toldBy = attribution({ alertmanagerAlerts: async () => alerts }, () => [])
  const told = await toldBy(slack('firing', 'Something is wrong'))
  expect(told.map(({ labels }) => labels)).toEqual([missing, down])
})

test('a name inside a longer one is not that name', async () => {
  const alerts = [routed(down), routed({ alertname: 'PostgresDownTooLong' })]
  const toldBy = attribution({ alertmanagerAlerts: async () => alerts }, () => [])
  const told = await toldBy(slack('firing', 'PostgresDownTooLong'))
  expect(told.map(({ labels }) => labels['alertname'])).toEqual(['PostgresDownTooLong'])
})

test('an alert that was over before Alertmanager could be asked is known from Prometheus', async () => {
  const toldBy = attribution({ alertmanagerAlerts: async () => [routed(missing)] }, () => [missing, down])
  expect(await toldBy(slack('firing', 'PostgresDown'))).toEqual([{ labels: down, status: 'firing' }])
})

test('a resolve is about what was told before and is over, and is told once', async () => {
  let alerts = [routed(missing), routed(down)]
  const toldBy = attribution({ alertmanagerAlerts: async () => alerts }, () => [])
  await toldBy(slack('firing', 'something'))
  alerts = [routed(missing)]
  expect(await toldBy(slack('resolved', 'something'))).toEqual([{ labels: down, status: 'resolved' }])
  expect(await toldBy(slack('resolved', 'something'))).toEqual([])
})
