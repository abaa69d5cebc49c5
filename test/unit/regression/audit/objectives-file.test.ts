import { expect, test } from 'vitest'
import { readObjectives } from '../../../../src/regression/audit/facts/objectives.ts'

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
