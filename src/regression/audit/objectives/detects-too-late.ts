import { readableDuration } from '../../../model/duration.ts'
import { routedTo } from '../../../monitoring/alertmanager/route.ts'
import { metricNames } from '../../../promql/walk.ts'
import { direction, flipped, simplest } from '../facts/conditions.ts'
import type { Objective } from '../facts/objectives.ts'
import { type Reached, reachOf } from '../facts/reach.ts'
import { secondsPerUnit } from '../facts/units.ts'
import { type Detector, type Remark, spot } from '../finding.ts'
import type { AuditInput } from '../input.ts'
import { type Watcher, watchersOf } from './watchers.ts'

export const detectsTooLate: Detector = {
  summary: 'an alert cannot fire in time for its objective',
  severity: 'high',
  needs: ['rules', 'objectives'],
  detect(input) {
    const root = input.alertmanager?.route
    const reached = root === undefined ? [] : [...reachOf(root, input.alerts, input.labels).values()]
    return (input.objectives?.objectives ?? []).flatMap((objective): Remark[] => {
      const promised = simplest(objective.expression, objective.operator, objective.target)
      if (direction(flipped(promised.operator)) !== 'high') return []
      const growth = objective.growth ?? naturalGrowth(objective)
      const times = watchersOf(promised, input.alerts).map(watcher => ({
        watcher,
        time: told(watcher, growth, input, reached),
      }))
      if (times.length === 0) return []
      const { watcher, time } = times.reduce((a, b) => (a.time.total <= b.time.total ? a : b))
      const breach = growth === undefined ? undefined : promised.threshold / growth
      const limit = objective.detect ?? breach
      if (limit === undefined || time.total <= limit) return []
      const limitText =
        objective.detect === undefined
          ? `the objective is broken after ${readableDuration(limit)}`
          : `it was to be known after ${readableDuration(limit)}`
      return [
        {
          ...spot(watcher.alert.file, watcher.alert.rule.for ?? watcher.alert.rule.expr),
          subject: `${watcher.alert.name} and objective ${objective.name}`,
          happens: `the first that anybody hears is ${readableDuration(time.total)} after the fault (${time.parts}), ${limitText}`,
          advice: 'lower the threshold or for, so that the alert comes before the damage',
        },
      ]
    })
  },
}

/** An age or a lag grows by one second a second. */
function naturalGrowth({ expression }: Objective): number | undefined {
  const unit = secondsPerUnit(expression)
  const grows = [...metricNames(expression)].some(name => /age|lag|rpo|delay|since|behind/.test(name))
  return unit !== undefined && grows ? 1 / unit : undefined
}

function told(
  { alert, condition }: Watcher,
  growth: number | undefined,
  { prometheus }: AuditInput,
  reached: readonly Reached[],
) {
  const rise = growth === undefined ? 0 : condition.threshold / growth
  const hold = alert.rule.for?.value ?? 0
  const look = alert.group.interval?.value ?? prometheus?.evaluationInterval ?? 60
  const route = reached.find(({ takes }) => takes.has(alert))
  const wait = route === undefined ? 0 : routedTo(route.line).groupWait
  const parts = [
    ['until the threshold', rise],
    ['for', hold],
    ['evaluation', look],
    ['group_wait', wait],
  ] as const
  return {
    total: rise + hold + look + wait,
    parts: parts
      .filter(([, seconds]) => seconds > 0)
      .map(([name, seconds]) => `${name} ${readableDuration(seconds)}`)
      .join(' + '),
  }
}
