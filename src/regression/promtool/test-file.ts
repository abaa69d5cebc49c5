import { carry, entriesOf, itemsOf, lineOf, readYaml, textOf, type YamlSource } from './yaml-source.ts'

/** One entry under `tests:` of a promtool unit-test file. */
export interface PromtoolTest {
  readonly file: string
  readonly line: number
  readonly index: number
  /** As the author names it; else its number. */
  readonly name: string
  /** Durations as written; undefined: promtool's default. */
  readonly interval: string | undefined
  readonly series: readonly { readonly series: string; readonly values: string; readonly line: number }[]
  readonly alerts: readonly AlertCase[]
  readonly expressions: readonly ExpressionCase[]
  /** external_labels, external_url and what else is not about samples: `key: value` in YAML. */
  readonly rest: readonly string[]
  readonly externalLabels: readonly string[]
}

export interface AlertCase {
  readonly alert: string
  readonly at: string
  readonly line: number
  /** `exp_alerts`, in YAML; undefined when not given. */
  readonly expected: string | undefined
  /** How many alerts are expected to fire. */
  readonly count: number
}

export interface ExpressionCase {
  readonly expr: string
  readonly at: string
  readonly line: number
  readonly expected: string | undefined
}

export interface TestFile {
  readonly file: string
  readonly text: string
  /** As written, relative to the file. */
  readonly ruleFiles: readonly string[]
  /** Keys of the file other than rule_files and tests, in YAML. */
  readonly head: readonly string[]
  readonly evaluationInterval: string | undefined
  readonly tests: readonly PromtoolTest[]
  /** Why the tests cannot be run one by one; then promtool gets the file as it is. */
  readonly whole: string | undefined
}

const FILE_KEYS = new Set(['rule_files', 'evaluation_interval', 'group_eval_order', 'tests', 'fuzzy_compare'])
const TEST_KEYS = new Set([
  'interval',
  'input_series',
  'name',
  'alert_rule_test',
  'promql_expr_test',
  'external_labels',
  'external_url',
])

class Whole extends Error {}

/** Reads a promtool unit-test file. Never throws: what it does not know is for promtool to judge. */
export function readTestFile(file: string, text: string): TestFile {
  const source = readYaml(file, text)
  const top = entriesOf(source.document.contents, source.document)
  const ruleFiles = (itemsOf(top?.get('rule_files'), source.document) ?? []).map(node => textOf(node) ?? '')
  const basis = { file, text, ruleFiles, evaluationInterval: textOf(top?.get('evaluation_interval')) }
  try {
    if (source.odd !== undefined) throw new Whole(source.odd)
    if (top === undefined) throw new Whole('it is not a plain mapping')
    const head = [...top].filter(([key]) => key !== 'rule_files' && key !== 'tests')
    only([...top.keys()], FILE_KEYS)
    const tests = list(top.get('tests'), source).map((node, index) => readTest(node, index, source))
    const lines = head.map(([key, value]) => `${key}: ${carry(value, source.document)}`)
    return { ...basis, head: lines, tests, whole: undefined }
  } catch (thrown) {
    if (thrown instanceof Whole) return { ...basis, head: [], tests: [], whole: thrown.message }
    throw thrown
  }
}

function readTest(node: unknown, index: number, source: YamlSource): PromtoolTest {
  const entries = mapping(node, source, TEST_KEYS)
  const name = textOf(entries.get('name'))
  const own = new Set(['interval', 'input_series', 'alert_rule_test', 'promql_expr_test'])
  return {
    file: source.file,
    line: lineOf(source, node),
    index,
    name: name || `test ${index + 1}`,
    interval: textOf(entries.get('interval')),
    series: list(entries.get('input_series'), source).map(item => {
      const series = mapping(item, source, new Set(['series', 'values']))
      return { series: text(series, 'series'), values: text(series, 'values'), line: lineOf(source, item) }
    }),
    alerts: list(entries.get('alert_rule_test'), source).map(item => readAlertCase(item, source)),
    expressions: list(entries.get('promql_expr_test'), source).map(item => {
      const test = mapping(item, source, new Set(['expr', 'eval_time', 'exp_samples']))
      const expected = test.get('exp_samples')
      for (const sample of list(expected, source)) mapping(sample, source, new Set(['labels', 'value', 'histogram']))
      return {
        expr: text(test, 'expr'),
        at: textOf(test.get('eval_time')) || '0s',
        line: lineOf(source, item),
        expected: expected === undefined ? undefined : carry(expected, source.document),
      }
    }),
    rest: [...entries]
      .filter(([key]) => !own.has(key))
      .map(([key, value]) => `${key}: ${carry(value, source.document)}`),
    externalLabels: [...(entriesOf(entries.get('external_labels'), source.document)?.keys() ?? [])],
  }
}

function readAlertCase(node: unknown, source: YamlSource): AlertCase {
  const test = mapping(node, source, new Set(['alertname', 'eval_time', 'exp_alerts']))
  const expected = test.get('exp_alerts')
  const alerts = list(expected, source)
  for (const alert of alerts) mapping(alert, source, new Set(['exp_labels', 'exp_annotations']))
  return {
    alert: text(test, 'alertname'),
    at: textOf(test.get('eval_time')) || '0s',
    line: lineOf(source, node),
    expected: expected === undefined ? undefined : carry(expected, source.document),
    count: alerts.length,
  }
}

function mapping(node: unknown, source: YamlSource, known: ReadonlySet<string>): Map<string, unknown> {
  const entries = entriesOf(node, source.document)
  if (entries === undefined) throw new Whole(`line ${lineOf(source, node)}: expected a plain mapping`)
  only([...entries.keys()], known)
  return entries
}

function list(node: unknown, source: YamlSource): readonly unknown[] {
  const items = itemsOf(node, source.document)
  if (items === undefined) throw new Whole(`line ${lineOf(source, node)}: expected a list`)
  return items
}

function only(keys: readonly string[], known: ReadonlySet<string>): void {
  const stranger = keys.find(key => !known.has(key))
  if (stranger !== undefined) throw new Whole(`unknown key ${JSON.stringify(stranger)}`)
}

function text(entries: Map<string, unknown>, key: string): string {
  const value = textOf(entries.get(key))
  if (!value) throw new Whole(`no text for ${key}`)
  return value
}

/** The test as an entry of `tests:`, with other cases where given. */
export function writeTest(
  test: PromtoolTest,
  alerts: readonly AlertCase[] = test.alerts,
  expressions: readonly ExpressionCase[] = test.expressions,
): string {
  return entry([
    ...(test.interval === undefined ? [] : [`interval: ${JSON.stringify(test.interval)}`]),
    ...test.rest,
    'input_series:',
    ...test.series.map(
      ({ series, values }) => `- {series: ${JSON.stringify(series)}, values: ${JSON.stringify(values)}}`,
    ),
    ...writeCases(alerts, expressions),
  ])
}

export function writeCases(alerts: readonly AlertCase[], expressions: readonly ExpressionCase[]): string[] {
  const head = (at: string) => `eval_time: ${JSON.stringify(at)}`
  return [
    'alert_rule_test:',
    ...alerts.map(
      ({ alert, at, expected }) =>
        `- {${head(at)}, alertname: ${JSON.stringify(alert)}${expected === undefined ? '' : `, exp_alerts: ${expected}`}}`,
    ),
    'promql_expr_test:',
    ...expressions.map(
      ({ expr, at, expected }) =>
        `- {${head(at)}, expr: ${JSON.stringify(expr)}${expected === undefined ? '' : `, exp_samples: ${expected}`}}`,
    ),
  ]
}

/** Lines of a mapping as one item of a list. */
export function entry(lines: readonly string[]): string {
  return lines.map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`)).join('\n')
}

export function writeTestFile(head: readonly string[], ruleFiles: readonly string[], tests: readonly string[]): string {
  return [`rule_files: ${JSON.stringify(ruleFiles)}`, ...head, 'tests:', ...tests, ''].join('\n')
}
