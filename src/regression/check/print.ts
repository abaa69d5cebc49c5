import { exitCodes } from '../../model/errors.ts'
import type { Checked, CheckFailure, CheckReport } from './result.ts'

/** What failed and why, with file and line, then the count. */
export function printReport({ checked, skipped, seconds }: CheckReport): string {
  const lines: string[] = []
  for (const one of checked) {
    if (one.verdict === 'met') continue
    const word = one.refused ? 'REFUSED' : one.verdict === 'unmet' ? 'FAILED' : 'UNKNOWN'
    lines.push(`${word} ${one.file}:${one.line} ${one.name}`)
    for (const failure of one.failures) lines.push(...printFailure(failure), '')
  }
  for (const one of checked)
    for (const note of one.notes) lines.push(`note: ${one.file}:${one.line} ${one.name}: ${note}`)
  for (const { file, reason } of skipped) lines.push(`skipped: ${file}: ${reason}`)
  lines.push(summary(checked, seconds))
  return lines.join('\n')
}

function printFailure({ file, line, message, expected, actual, why }: CheckFailure): string[] {
  return [
    `  ${file}:${line}: ${indent(message, '    ')}`,
    ...(expected === undefined ? [] : [`    expected: ${indent(expected, '              ')}`]),
    ...(actual === undefined ? [] : [`    got:      ${indent(actual, '              ')}`]),
    ...(why.length === 0 ? [] : ['    why:', ...why.map(line => `      ${line}`)]),
  ]
}

function indent(text: string, by: string): string {
  return text.replaceAll('\n', `\n${by}`)
}

export function summary(checked: readonly Checked[], seconds: number): string {
  const count = (verdict: Checked['verdict']) => checked.filter(one => one.verdict === verdict).length
  const [met, unmet, unknown] = [count('met'), count('unmet'), count('unknown')]
  const cached = checked.filter(one => one.cached).length
  const parts = [
    `${met} of ${checked.length} passed`,
    ...(unmet > 0 ? [`${unmet} failed`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
    ...(cached > 0 ? [`${cached} unchanged since the last check`] : []),
  ]
  return `${parts.join(', ')} (${seconds.toFixed(2)} s)`
}

/** The author's file, then a failure, then an unknown: the gravest decides. */
export function exitCode(checked: readonly Checked[]): number {
  if (checked.some(one => one.refused)) return exitCodes.author
  if (checked.some(one => one.verdict === 'unmet')) return exitCodes.unmet
  return checked.some(one => one.verdict === 'unknown') ? exitCodes.unknown : exitCodes.met
}

/** One JUnit suite per file. */
export function printJunit({ checked, seconds }: CheckReport): string {
  const files = Map.groupBy(checked, one => one.file)
  const suites = [...files].map(([file, tests]) => {
    const failed = tests.filter(one => one.verdict === 'unmet').length
    const errors = tests.filter(one => one.verdict === 'unknown').length
    return [
      `  <testsuite name="${xml(file)}" tests="${tests.length}" failures="${failed}" errors="${errors}">`,
      ...tests.map(one => junitCase(one)),
      '  </testsuite>',
    ].join('\n')
  })
  const failed = checked.filter(one => one.verdict === 'unmet').length
  const errors = checked.filter(one => one.verdict === 'unknown').length
  const head = `<testsuites name="genesis-drill check" tests="${checked.length}" failures="${failed}" errors="${errors}" time="${seconds.toFixed(3)}">`
  return ['<?xml version="1.0" encoding="UTF-8"?>', head, ...suites, '</testsuites>', ''].join('\n')
}

function junitCase(one: Checked): string {
  const open = `    <testcase classname="${xml(one.file)}" name="${xml(one.name)}" file="${xml(one.file)}" line="${one.line}"`
  if (one.verdict === 'met') return `${open}/>`
  const element = one.verdict === 'unmet' ? 'failure' : 'error'
  const body = one.failures.flatMap(printFailure).join('\n')
  return `${open}><${element} message="${xml(one.failures[0]?.message ?? one.verdict)}">${xml(body)}</${element}></testcase>`
}

function xml(text: string): string {
  const named: Record<string, string> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;', "'": '&apos;' }
  // Control characters cannot stand in XML 1.0, not even escaped.
  return text
    .replace(/[<>&"']/g, character => named[character] ?? character)
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
}

/** GitHub workflow commands: an annotation on file and line for each failure. */
export function printGithub({ checked }: CheckReport): string[] {
  return checked.flatMap(one =>
    one.failures.map(failure => {
      const { file, line, message, expected, actual } = failure
      const sides = expected === undefined ? '' : `\nexpected: ${expected}\ngot: ${actual}`
      const level = one.verdict === 'unknown' ? 'warning' : 'error'
      return `::${level} file=${property(file)},line=${line},title=${property(one.name)}::${data(message + sides)}`
    }),
  )
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
