import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../../src/model/errors.ts'
import { alertRules, readRuleFile } from '../../../src/monitoring/rules/read.ts'
import { scaleRuleFile } from '../../../src/monitoring/rules/scale.ts'

describe('reading', () => {
  it('gives every rule with the place of its parts', () => {
    const text = `groups:
  - name: a
    interval: 30s
    labels: {team: x}
    rules:
      - alert: Down   # comment
        expr: |
          up
            == 0
        for: 1m
        keep_firing_for: 5m
        labels: {severity: critical}
        annotations:
          summary: "{{ $value }}"
      - record: job:up
        expr: sum by (job) (up)
`
    const { file, problems } = readRuleFile(text, 'rules.yml')
    expect(problems).toEqual([])
    const [alert] = alertRules(file)
    expect(alert).toMatchObject({
      name: 'Down',
      line: 6,
      column: 9,
      expr: { value: 'up\n  == 0\n', line: 7 },
      for: { value: 60, line: 10, column: 14 },
      keepFiringFor: { value: 300 },
      labels: { severity: 'critical' },
      annotations: { summary: '{{ $value }}' },
      annotationPlaces: { summary: { line: 14 } },
    })
    expect(file.groups[0]).toMatchObject({ interval: { value: 30 }, labels: { team: 'x' } })
    expect(file.groups[0]?.rules[1]).toMatchObject({ kind: 'record', name: 'job:up' })
  })

  it('tells every problem of a file at once, with its place', () => {
    const { problems, file } = readRuleFile(
      `groups:
- name: a
  rulez: []
  rules:
  - alert: X
    exprr: 1
    for: duration
  - alert: Y
    expr: foo >
  - record: z
    expr: up
    for: 5m
  - expr: up
- name: a
`,
      'r.yml',
    )
    expect(problems.map(formatProblem)).toEqual([
      'r.yml:3:3: unknown key rulez in a group; did you mean rules?',
      'r.yml:6:5: unknown key exprr in a rule; did you mean expr?',
      'r.yml:5:5: alert X needs an expr',
      'r.yml:7:10: for must be a duration such as 30s or 5m, got "duration"',
      'r.yml:9:11: expr is no PromQL: the expression ends too early at 1:6 of the expression',
      'r.yml:12:5: a recording rule has no for',
      'r.yml:13:5: a rule needs either alert: or record:',
      'r.yml:14:3: two groups are named a',
    ])
    expect(file.groups.flatMap(group => group.rules)).toEqual([])
  })

  it.each([
    ['', 'the file is empty'],
    ['- a', 'a rule file must be a mapping'],
    ['groups: [', 'Flow sequence'],
    ['groups: []\n---\ngroups: []\n', 'a second YAML document'],
    ['groups: {a: b}', 'groups must be a list'],
  ])('refuses %j', (text, message) => {
    const { problems } = readRuleFile(text, 'r.yml')
    expect(problems.map(problem => problem.message).join()).toContain(message)
  })

  it('survives a YAML bomb', () => {
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghij'
      .split('')
      .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(', ')}]`)
      .join('\n')}\ngroups: *j\n`
    expect(readRuleFile(bomb, 'r.yml').problems.length).toBeGreaterThan(0)
  })
})

describe('scaling', () => {
  const scale = (text: string) =>
    scaleRuleFile(text, 'rules.yml', {
      timeScale: 60,
      world: name => (name.startsWith('wall_') ? 'wall' : name.startsWith('unknown_') ? undefined : 'drill'),
    })

  it('changes durations in place and keeps everything else as the author wrote it', () => {
    const text = `# head
groups:
- name:   a
  interval: 1m # each minute
  query_offset: 30s
  rules:

  # why
  - alert: A
    expr: 'rate(x[5m]) > 1'   # the rate
    for: "10m"
    keep_firing_for: 2m
    annotations: {summary: 'over 5m'}
  - alert: B
    expr: |
      # kept
      increase(wall_x[1h])
        > 3
    for: 0m
`
    expect(scale(text).text).toBe(`# head
groups:
- name:   a
  interval: 1s # each minute
  query_offset: 500ms
  rules:

  # why
  - alert: A
    expr: '(rate(x[5s]) / 60) > 1'   # the rate
    for: "10s"
    keep_firing_for: 2s
    annotations: {summary: 'over 5m'}
  - alert: B
    expr: |
      # kept
      (increase(wall_x[1m]) * 60)
        > 3
    for: 0m
`)
  })

  it('comments refused rules out and tells why', () => {
    const { text, refused } = scale(`groups:
- name: a
  rules:
  - alert: Night
    expr: hour() < 6 and x
    for: 5m
  - {alert: Fixed, expr: 'x @ 5'}
- name: b
  rules: [{alert: Flow, expr: 'x @ 5'}, {alert: Kept, expr: x > 1, for: 1m}]
`)
    expect(refused.map(({ alert, line }) => [alert, line])).toEqual([
      ['Night', 4],
      ['Fixed', 7],
      ['Flow', 9],
    ])
    expect(readRuleFile(text, 'scaled.yml')).toMatchObject({
      problems: [],
      file: { groups: [{ rules: [] }, { rules: [{ name: 'Kept', for: { value: 1 } }] }] },
    })
    expect(text).toContain('#   - alert: Night')
  })

  it('follows recorded series to the world of their inputs', () => {
    const { text, refused } = scale(`groups:
- name: a
  rules:
  - {record: w, expr: sum(wall_x)}
  - {record: ww, expr: w * 2}
  - {record: mixed, expr: wall_x / x}
  - {alert: A, expr: 'increase(ww[1h]) > 1'}
  - {alert: B, expr: 'rate(mixed[1h]) > 1'}
  - {alert: C, expr: 'rate(unknown_x[1h]) > 1'}
`)
    expect(text).toContain("'(increase(ww[1m]) * 60) > 1'")
    expect(refused.map(({ alert }) => alert)).toEqual(['B', 'C'])
  })

  it('takes the bare groups out of a PrometheusRule', () => {
    const { text } = scale(`apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: x}
spec:
  groups:
    - name: a
      rules:
        - alert: A
          expr: x > 1
          for: 1m
`)
    expect(text).toBe('groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: x > 1\n        for: 1s\n')
  })

  it('changes a shared anchor once', () => {
    const { text } = scale(`groups:
- name: a
  rules:
  - {alert: A, expr: x > 1, for: &hold 10m}
  - {alert: B, expr: x > 2, for: *hold}
`)
    expect(text).toContain('for: &hold 10s')
    expect(text).toContain('for: *hold')
  })

  it('throws all problems of a file that cannot be read', () => {
    expect(() => scale('groups:\n- rules:\n  - alert: A\n')).toThrow(
      /rules.yml:2:3: a group needs a name\n.*needs an expr/,
    )
  })
})
