import { expect, it } from 'vitest'
import { readAlertmanager } from '../../../../src/monitoring/alertmanager/read.ts'
import { routeAlert } from '../../../../src/monitoring/alertmanager/route.ts'
import { routeCases } from '../../../../src/regression/generate/route-cases.ts'

const text = `
route:
  receiver: default
  group_by: [alertname, cluster]
  routes:
    - matchers: [severity="critical"]
      receiver: pager
    - matchers: [team="db", severity=~"critical|warning"]
      receiver: db
    - matchers: [severity="critical", team="web"]
      receiver: never
inhibit_rules:
  - source_matchers: [severity="critical"]
    target_matchers: [severity="warning"]
    equal: [instance]
  - source_matchers: [team="a"]
    target_matchers: [team="b"]
    equal: [team]
receivers: [{ name: default }, { name: pager }, { name: db }, { name: never }]
`
const { config } = readAlertmanager(text, 'am.yml')
const made = routeCases(config, () => ({ inside: undefined, outside: undefined }))

it('finds labels that get past the routes before', () => {
  const found = made.cases.find(({ reaches }) => reaches === 'route.routes[1]')
  expect(found?.alerts[0]).toMatchObject({ team: 'db', severity: 'warning' })
  expect(routeAlert(config, found?.alerts[0] ?? {}).receivers.map(({ receiver }) => receiver)).toEqual(['db'])
})

it('says which route nothing can reach, and which inhibition nothing can show', () => {
  expect(made.open).toEqual([
    expect.stringMatching(/^am\.yml:\d+: no alert stops at route\.routes\[2\]: route\.routes\[0\]/),
    expect.stringMatching(/inhibit_rules\[1\] cannot be shown: no value of team suits both/),
  ])
})

it('groups, and tells apart what an inhibition wants to be equal', () => {
  expect(made.cases.find(({ reaches }) => reaches === 'route.routes[0]')?.alerts).toHaveLength(4)
  const [hides, , apart] = made.cases.filter(({ name }) => name.startsWith('inhibit_rules[0]'))
  expect(hides).toMatchObject({ inhibits: true })
  expect(hides?.alerts[0]?.['instance']).toBe(hides?.alerts[1]?.['instance'])
  expect(apart?.alerts[0]?.['instance']).not.toBe(apart?.alerts[1]?.['instance'])
})
