import { describe, expect, test } from 'vitest'
import { readOutcomes } from '../../../../src/regression/promtool/process.ts'
import { readFailures } from '../../../../src/regression/promtool/verdicts.ts'

const SAID = `Unit Testing:  a.yml
  SUCCESS

Unit Testing:  b.yml
  FAILED:
    name: one,
    alertname: High, time: 10m, 
        exp:[
            0:
              Labels:{alertname="High", x="a, \\"b\\""}
              Annotations:{}
            ], 
        got:[]

    expr: "sum(x)", time: 2m,
        exp: {} 7E+00
        got: {} 1.2E+02

    expr: "sum(", time: 2m, err: 1:5: parse error: unclosed left parenthesis

    rule: Ratio, time: 1m0s, err: found duplicate series

Unit Testing:  c.yml
  SUCC`

describe('what promtool wrote about several files', () => {
  test('is taken apart file by file; a file without an end has no outcome', () => {
    const outcomes = readOutcomes(SAID, ['a.yml', 'b.yml', 'c.yml'], false)
    expect([...outcomes].map(([file, { passed }]) => [file, passed])).toEqual([
      ['a.yml', true],
      ['b.yml', false],
    ])
  })

  test('failures keep what was expected and what was seen', () => {
    const failures = readFailures(readOutcomes(SAID, ['a.yml', 'b.yml'], false).get('b.yml')?.text ?? '')
    expect(failures).toMatchObject([
      {
        what: 'alert',
        alert: 'High',
        at: '10m',
        expected: 'Labels:{alertname="High", x="a, \\"b\\""}\nAnnotations:{}',
        got: '',
      },
      { what: 'expression', expr: 'sum(x)', at: '2m', expected: '{} 7E+00', got: '{} 1.2E+02' },
      { what: 'expression error', expr: 'sum(', error: '1:5: parse error: unclosed left parenthesis' },
      { what: 'rule', rule: 'Ratio', error: 'found duplicate series' },
    ])
  })

  test('anything else is a refusal, word by word', () => {
    expect(readFailures('yaml: line 3: did not find expected key')).toMatchObject([
      { what: 'refusal', text: 'yaml: line 3: did not find expected key' },
    ])
  })
})
