import { metricNames, walk } from '../../../promql/walk.ts'
import { alternatives, type Condition, conditions, direction, simplest } from '../facts/conditions.ts'
import { secondsPerUnit } from '../facts/units.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

const DAY = 86_400
const PERIODS = [
  { name: 'month', least: 28, most: 31, note: 'seven times a year a month has 31 days' },
  { name: 'quarter', least: 89, most: 92, note: 'three quarters of four are longer than 90 days' },
  { name: 'year', least: 364, most: 366, note: 'a leap year has 366 days' },
] as const

export const calendarMonth: Detector = {
  summary: 'a threshold that the calendar itself exceeds',
  severity: 'high',
  needs: [],
  detect({ alerts, objectives }) {
    const watched = alerts.flatMap(({ name, file, rule }) =>
      alternatives(rule.expression)
        .flatMap(conditions)
        .filter(({ operator }) => direction(operator) === 'high')
        .map(condition => ({
          subject: name,
          ...spot(file, rule.expr),
          condition,
          effect: 'it fires though all was done in time',
        })),
    )
    const promised = (objectives?.objectives ?? [])
      .filter(({ operator }) => direction(operator) === 'low')
      .map(({ name, expression, operator, target, line, column }) => ({
        subject: `objective ${name}`,
        ...spot(objectives?.file ?? '', { line, column }),
        condition: simplest(expression, operator, target),
        effect: 'it is broken though all was done in time',
      }))
    return [...watched, ...promised].flatMap(({ subject, condition, effect, ...place }): Remark[] => {
      const days = ageInDays(condition)
      const period = PERIODS.find(({ least, most }) => days !== undefined && days >= least && days < most)
      if (period === undefined) return []
      return [
        {
          ...place,
          subject,
          happens: `what is done once a ${period.name} is up to ${period.most} days apart (${period.note}), the threshold is ${days} days: ${effect}`,
          advice: `allow ${period.most} days and some slack`,
        },
      ]
    })
  },
}

function ageInDays({ base, threshold }: Condition): number | undefined {
  const sinceAnInstant =
    base.type === 'binary' &&
    base.operator === '-' &&
    [...walk(base.left)].some(({ node }) => node.type === 'call' && node.name === 'time')
  const age = [...metricNames(base)].some(name => /(^|_)(age|since)(_|$)/.test(name))
  const unit = sinceAnInstant ? 1 : age ? secondsPerUnit(base) : undefined
  if (unit === undefined) return undefined
  return Number(((threshold * unit) / DAY).toPrecision(6))
}
