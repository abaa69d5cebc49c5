import { print } from '../../../promql/print.ts'
import type { Expression } from '../../../promql/tree.ts'
import { constant, metricNames, unwrap, walk } from '../../../promql/walk.ts'
import { alternatives, conditions, holds } from '../facts/conditions.ts'
import { queriesOf } from '../facts/expressions.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

/** What a running machine always has some of. */
const NEVER_ZERO = /MemTotal_bytes|filesystem_size_bytes|_start_time_seconds|scrape_interval|^count$/

export const divisionByZero: Detector = {
  summary: 'a ratio whose denominator can be zero',
  severity: 'medium',
  needs: [],
  detect(input) {
    return queriesOf(input).flatMap(({ subject, expression, file, line, column, kind }): Remark[] => {
      const guards = alternatives(expression).flatMap(conditions)
      const unguarded = [...walk(expression)].flatMap(({ node }) => {
        if (node.type !== 'binary' || (node.operator !== '/' && node.operator !== '%')) return []
        const denominator = unwrap(node.right)
        if (constant(denominator) !== undefined || metricNames(denominator).size === 0) return []
        return guards.some(
          guard => keepsFromZero(guard.key, denominator) && !holds(0, guard.operator, guard.threshold),
        ) || cannotBeZero(denominator)
          ? []
          : [print(denominator)]
      })
      const [denominator] = new Set(unguarded)
      if (denominator === undefined) return []
      const idle = /\b(rate|increase|irate|delta)\(/.test(denominator)
      return [
        {
          ...spot(file, { line, column }),
          subject,
          severity: kind === 'alert' ? 'medium' : 'low',
          happens: idle
            ? `without traffic ${denominator} is 0 and 0/0 is NaN: ${kind === 'alert' ? 'the alert is silent just when nothing works any more' : 'there is no value'}`
            : `where ${denominator} is 0 (nothing there, no limit set) the ratio is NaN, which never fires, or +Inf, which always does`,
          advice: `add: and ${denominator} > 0`,
        },
      ]
    })
  },
}

/** A guard on the denominator, or on a factor or a part of it. */
function keepsFromZero(key: string, denominator: Expression): boolean {
  const inner = unwrap(denominator)
  if (print(inner) === key) return true
  if (inner.type !== 'binary') return false
  if (inner.operator === '/') return keepsFromZero(key, inner.left)
  return ['*', '+'].includes(inner.operator) && (keepsFromZero(key, inner.left) || keepsFromZero(key, inner.right))
}

function cannotBeZero(denominator: Expression): boolean {
  const inner = unwrap(denominator)
  if (inner.type === 'aggregation' && ['count', 'group'].includes(inner.operator)) return true
  if (inner.type === 'call' && inner.name === 'clamp_min') return (constant(inner.args[1] ?? inner) ?? 0) > 0
  if (inner.type === 'binary' && ['>', '!='].includes(inner.operator) && !inner.bool) return constant(inner.right) === 0
  return [...metricNames(inner)].every(metric => NEVER_ZERO.test(metric))
}
