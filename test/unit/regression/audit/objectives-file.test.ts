import { expect, test } from 'vitest'
import { readObjectives } from '../../../../src/regression/audit/facts/objectives.ts'
import { audit } from '../../../../src/regression/audit/index.ts'
import { readForAudit } from '../../../../src/regression/audit/read.ts'

test('the SLA table that the sla command reads is a file of objectives, too', () => {
  const { objectives, problems } = readObjectives(
    `title: Levels
availability: 99.9
sla_metrics:
  backup_sla: { query: genesis_backup_age_hours, operator: '<=', target: 4, unit: hours }
`,
    'sla.yml',
  )
  expect(problems).toEqual([])
  expect(objectives.objectives).toMatchObject([{ name: 'backup_sla', operator: '<=', target: 4 }])
})

test('an objective without a target is told', () => {
  const { problems } = readObjectives('sla_metrics:\n  a: { query: up, operator: "<=" }\n', 'sla.yml')
  expect(problems[0]?.message).toMatch(/needs query, operator .* and a target/)
})

test('an alert on the state that breaks an objective watches it, and leaves no gap', async () => {
  const found = await audit(
    readForAudit([
      { file: 'rules.yml', kind: 'rules', text: 'groups: [{ name: a, rules: [{ alert: Down, expr: pg_up == 0 }] }]' },
      {
        file: 'sla.yml',
        kind: 'objectives',
        text: 'sla_metrics: { a: { query: pg_up, operator: "==", target: 1 }, b: { query: redis_up, operator: "==", target: 1 } }',
      },
    ]),
  )
  const subjects = (detector: string) => found.filter(one => one.detector === detector).map(({ subject }) => subject)
  expect(subjects('sla-gap')).toEqual([])
  expect(subjects('objective-without-rule')).toEqual(['objective b'])
})
