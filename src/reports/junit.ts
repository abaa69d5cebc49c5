import { html as markup } from 'htm/preact'
import type { VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'
import type { Evidence } from '../model/finding.ts'
import type { Measure, RecordedFinding, ReportFormat, RunRecord, ScenarioRecord } from '../model/record.ts'
import type { Verdict } from '../model/verdict.ts'
import { evidenceText } from './evidence.ts'
import { measuredValue, measureName, objectiveValue } from './words.ts'

/** JUnit XML as Ant, Jenkins, GitLab and GitHub actions read it: one suite per scenario, one case per finding, measure and harness error. */
export const junit: ReportFormat = {
  summary: 'findings and measures as test cases, for CI systems',
  file: 'junit.xml',
  contentType: 'application/xml',
  render: renderJunit,
}

interface Case {
  readonly name: string
  readonly seconds: number
  readonly verdict: Verdict
  readonly type: string
  readonly message: string
  readonly details: string
}

function renderJunit(record: RunRecord): string {
  const suites = record.scenarios.map((scenario, index) => suite(scenario, index, record))
  if (record.failure !== undefined)
    suites.push(
      suiteOf({
        name: 'run',
        system: record.drill.name,
        index: suites.length,
        record,
        startedAt: record.startedAt,
        endedAt: record.endedAt,
        cases: [
          {
            name: 'the run as a whole',
            seconds: 0,
            verdict: 'unknown',
            type: 'failure',
            message: record.failure.message,
            details: `exit code ${record.failure.exitCode}`,
          },
        ],
      }),
    )
  const body = renderToString(markup`<testsuites>${suites}</testsuites>` as VNode)
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body}\n`
}

function suite(scenario: ScenarioRecord, index: number, record: RunRecord): VNode {
  return suiteOf({
    name: scenario.scenario,
    system: scenario.system,
    index,
    record,
    startedAt: scenario.startedAt,
    endedAt: scenario.endedAt,
    cases: [
      ...scenario.findings.map(findingCase),
      ...scenario.measures.map(measureCase),
      {
        name: 'fidelity: the engines kept up',
        seconds: 0,
        verdict: scenario.fidelity.verdict,
        type: 'fidelity',
        message: scenario.fidelity.message,
        details: evidenceTexts(scenario.fidelity.evidence),
      },
      ...scenario.errors.map(({ message, advice, lastLog }, number) => ({
        name: `harness error ${number + 1}`,
        seconds: 0,
        verdict: 'unknown' as const,
        type: 'harness',
        message,
        details: [advice, lastLog].filter(part => part !== undefined).join('\n'),
      })),
      ...scenario.damage.map(({ what, undo }, number) => ({
        name: `rollback ${number + 1}`,
        seconds: 0,
        verdict: 'unmet' as const,
        type: 'damage',
        message: what,
        details: `to undo: ${undo}`,
      })),
    ],
  })
}

function findingCase(finding: RecordedFinding): Case {
  return {
    name: `${finding.list}[${finding.index}] ${finding.expectation}`,
    seconds: Math.max(0, finding.at / 1000),
    verdict: finding.verdict,
    type: finding.kind,
    message: finding.message,
    details: evidenceTexts(finding.evidence),
  }
}

function measureCase(measure: Measure): Case {
  const promise = objectiveValue(measure)
  return {
    name: `${measureName(measure)} of ${measure.subject}${promise === undefined ? '' : `, ${promise}`}`,
    seconds: measure.unit === 'seconds' ? Math.max(0, measure.value ?? 0) : 0,
    verdict: measure.verdict,
    type: measure.name,
    message: measure.reason ?? `measured ${measuredValue(measure) ?? 'nothing'}`,
    details: `${measure.time} time${measure.value === undefined ? '' : `, ${measuredValue(measure)}`}`,
  }
}

interface SuiteFacts {
  readonly name: string
  readonly system: string
  readonly index: number
  readonly record: RunRecord
  readonly startedAt: number
  readonly endedAt: number
  readonly cases: readonly Case[]
}

function suiteOf({ name, system, index, record, startedAt, endedAt, cases }: SuiteFacts): VNode {
  const count = (verdict: Verdict) => cases.filter(testCase => testCase.verdict === verdict).length
  const classname = token(`${system}.${name}`)
  return markup`<testsuite name=${token(name)} package=${token(system)} id=${index} tests=${cases.length}
    failures=${count('unmet')} errors=${count('unknown')} time=${decimal((endedAt - startedAt) / 1000)}
    timestamp=${new Date(startedAt).toISOString().slice(0, 19)} hostname=${token(record.machine.hostname) || 'localhost'}>
    <properties><property name="run" value=${printable(record.run)} /><property name="drill" value=${printable(record.drill.name)} /></properties>
    ${cases.map(
      testCase =>
        markup`<testcase name=${token(testCase.name)} classname=${classname} time=${decimal(testCase.seconds)}>${outcome(testCase)}</testcase>`,
    )}
    <system-out></system-out><system-err></system-err>
  </testsuite>`
}

/** Unmet is a failure of the system under test; unknown is an error, because it must not pass for a success. */
function outcome({ verdict, type, message, details }: Case): VNode | null {
  if (verdict === 'met') return null
  const text = printable(details)
  return verdict === 'unmet'
    ? markup`<failure type=${token(type)} message=${printable(message)}>${text}</failure>`
    : markup`<error type=${token(type)} message=${printable(message)}>${text}</error>`
}

function evidenceTexts(evidence: readonly Evidence[]): string {
  return evidence.map(item => `${item.title}\n${evidenceText(item)}`).join('\n\n')
}

function token(text: string): string {
  return printable(text).replaceAll(/\s+/g, ' ').trim()
}

/** XML 1.0 has no way to write most control characters, half surrogates and two non-characters, and `]]>` must not stand in text. */
function printable(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(']]>', ']] >')
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}')
}

function decimal(seconds: number): string {
  return Number.isFinite(seconds) ? Math.max(0, seconds).toFixed(3) : '0'
}
