import type { Labels } from '../../model/timeline.ts'
import type { Failure } from '../promtool/verdicts.ts'
import { type PrintedAlert, readAlerts, showLabels } from './labels.ts'
import type { CheckFailure } from './result.ts'

/** A failure of promtool's as a sentence at its place. */
export function located(file: string, line: number, failure: Failure): CheckFailure {
  switch (failure.what) {
    case 'alert': {
      const { alert, at } = failure
      const [expected, got] = [readAlerts(failure.expected), readAlerts(failure.got)]
      return {
        file,
        line,
        message: `${alert} at ${at}: ${difference(expected, got)}`,
        expected: showAlerts(expected),
        actual: showAlerts(got),
        why: [],
      }
    }
    case 'expression': {
      const [expected, actual] = [samples(failure.expected), samples(failure.got)]
      return { file, line, message: `${failure.expr} at ${failure.at} is not as expected`, expected, actual, why: [] }
    }
    case 'expression error':
      return { file, line, message: `${failure.expr} cannot be evaluated at ${failure.at}: ${failure.error}`, why: [] }
    case 'rule': {
      const { rule, at, error } = failure
      return { file, line, message: `the rule ${rule} cannot be evaluated at ${at}: ${error}`, why: [] }
    }
    case 'refusal':
      return refusal(file, line, failure.text)
  }
}

/** Promtool's own words; the line is theirs when they name one of this file. */
export function refusal(file: string, line: number, text: string): CheckFailure {
  const named = /^yaml: (?:unmarshal errors:\n\s+)?line (\d+): /.exec(text)?.[1]
  return { file, line: named === undefined ? line : Number(named), message: text.trim(), why: [] }
}

/** What is wrong, in one clause. */
function difference(expected: readonly PrintedAlert[], got: readonly PrintedAlert[]): string {
  if (expected.length === got.length) {
    // promtool lists both sides in the same order.
    const parts = expected.flatMap((wanted, index) => [
      ...compare('label', wanted.labels, got[index]?.labels ?? {}),
      ...compare('annotation', wanted.annotations, got[index]?.annotations ?? {}),
    ])
    if (parts.length > 0) return [...new Set(parts)].join('; ')
  }
  return `expected ${count(expected)}, got ${count(got)}`
}

function compare(what: string, expected: Labels, got: Labels): string[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(got)])].flatMap(name => {
    const [wanted, seen] = [expected[name], got[name]]
    if (wanted === seen) return []
    if (wanted === undefined) return `${what} ${name}=${JSON.stringify(seen)} was not expected`
    if (seen === undefined) return `${what} ${name}=${JSON.stringify(wanted)} is missing`
    return `${what} ${name}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(seen)}`
  })
}

function count(alerts: readonly PrintedAlert[]): string {
  return alerts.length === 0 ? 'no alert to fire' : alerts.length === 1 ? '1 alert' : `${alerts.length} alerts`
}

function showAlerts(alerts: readonly PrintedAlert[]): string {
  if (alerts.length === 0) return 'nothing fires'
  return alerts
    .map(({ labels, annotations }) => `${showLabels(labels, ['alertname'])} ${showLabels(annotations)}`)
    .join('\n')
}

/** One sample per line; promtool writes numbers with an exponent. */
export function samples(text: string): string {
  if (text === 'nil' || text === '') return 'no sample'
  return text
    .replace(/(^|\} )(-?\d(?:\.\d+)?E[+-]\d+)/g, (_, before: string, number: string) => `${before}${Number(number)}`)
    .replaceAll('}, ', '},\n')
    .replace(/(\S), (?=[a-zA-Z_:{])/g, (whole, _last, at: number, all: string) =>
      insideBraces(all, at) ? whole : whole.replace(', ', '\n'),
    )
}

function insideBraces(text: string, at: number): boolean {
  const before = text.slice(0, at).replace(/"(?:[^"\\]|\\.)*"/g, '')
  return before.split('{').length > before.split('}').length
}
