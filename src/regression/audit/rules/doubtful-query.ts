import type { Expression } from '../../../promql/tree.ts'
import { constant, metricName, metricNames, unwrap, walk } from '../../../promql/walk.ts'
import { queriesOf } from '../facts/expressions.ts'
import { type Detector, spot } from '../finding.ts'

export const doubtfulQuery: Detector = {
  summary: 'queries that do not compute what their author means',
  severity: 'high',
  needs: [],
  detect(input) {
    return queriesOf(input).flatMap(({ subject, expression, file, line, column, kind }) =>
      [...walk(expression)].flatMap(({ node }) => {
        const doubt = doubtOf(node) ?? rawCounter(node, metric => input.objectives?.metrics?.get(metric)?.type)
        return doubt === undefined
          ? []
          : [
              {
                ...spot(file, { line, column }),
                subject,
                severity: kind === 'alert' ? ('high' as const) : ('medium' as const),
                ...doubt,
              },
            ]
      }),
    )
  },
}

interface Doubt {
  readonly happens: string
  readonly advice: string
}

function doubtOf(node: Expression): Doubt | undefined {
  if (node.type === 'call' && ['rate', 'irate', 'increase'].includes(node.name)) {
    const gauge = [...node.args.flatMap(argument => [...metricNames(argument)])].find(name =>
      /(_age|_lag|_queue_size|_connections|_bytes_used|_ratio)(_seconds|_hours|_minutes)?$/.test(name),
    )
    if (gauge === undefined) return undefined
    return {
      happens: `${node.name}() takes every fall of the gauge ${gauge} for a restart and adds it up`,
      advice: 'use deriv() or delta() for gauges',
    }
  }
  if (node.type !== 'binary') return undefined
  const left = unwrap(node.left)
  const right = unwrap(node.right)
  if (
    node.operator === '/' &&
    left.type === 'call' &&
    ['rate', 'irate'].includes(left.name) &&
    [60, 3_600, 86_400].includes(constant(right) ?? 0)
  )
    return {
      happens: `${left.name}() is per second already; divided by ${constant(right)} it is far too small, whatever the range was`,
      advice: `multiply for a figure per minute or hour, or use increase() for a count`,
    }
  if (node.operator === '-' && left.type === 'call' && left.name === 'time' && isAge(right))
    return {
      happens: 'now minus an age is an instant (some 1.7 thousand million), not a time that has passed',
      advice: 'use the age itself',
    }
  if (node.operator === '-' && constant(left) === 1 && mentionsRate(right))
    return {
      happens:
        '1 minus a rate of failures is no share of successes: with two failures a second it is below zero, and with no traffic it is 1',
      advice: 'divide the rate of failures by the rate of all attempts',
    }
  return undefined
}

/** A threshold on what only ever grows. */
function rawCounter(node: Expression, typeOf: (metric: string) => string | undefined): Doubt | undefined {
  if (node.type !== 'binary' || !['>', '>='].includes(node.operator) || constant(node.right) === undefined)
    return undefined
  const left = unwrap(node.left)
  const metric = left.type === 'selector' ? (metricName(left) ?? '') : ''
  const type = typeOf(metric) ?? (metric.endsWith('_total') ? 'counter' : 'unknown')
  if (type !== 'counter') return undefined
  return {
    happens: `${metric} is a counter and only grows: once past ${constant(node.right)} it stays there until its process restarts`,
    advice: 'compare its increase() or rate()',
  }
}

/** A metric that is an age, perhaps times its unit. */
function isAge(expression: Expression): boolean {
  const inner = unwrap(expression)
  if (inner.type === 'binary' && inner.operator === '*') return isAge(inner.left) || isAge(inner.right)
  return inner.type === 'selector' && /(^|_)age(_|$)/.test(inner.name ?? '')
}

/** A rate that is not already a share of another. */
function mentionsRate(expression: Expression): boolean {
  const inner = unwrap(expression)
  if (inner.type === 'call')
    return (
      ['rate', 'irate', 'increase'].includes(inner.name) &&
      [...metricNames(inner)].some(name => /fail|error/i.test(name))
    )
  if (inner.type !== 'binary' || inner.operator !== '/') return false
  return constant(inner.right) !== undefined && mentionsRate(inner.left)
}
