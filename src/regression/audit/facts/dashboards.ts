import type { Problem } from '../../../model/errors.ts'
import type { Located } from '../../../monitoring/located.ts'
import { YamlSource } from '../../../monitoring/yaml.ts'
import { parsePromql } from '../../../promql/parse.ts'
import type { ComparisonOperator, Expression } from '../../../promql/tree.ts'

/** A panel of a dashboard: Grafana's JSON, or a plain list `panels: [{ title, expr, bands: { green: '> 0.8' } }]`. */
export interface Panel {
  readonly title: string
  readonly file: string
  readonly line: number
  readonly column: number
  readonly queries: readonly (Located<string> & { readonly expression: Expression | undefined })[]
  /** Coloured bands of the plain list. Grafana's own steps have no gaps. */
  readonly bands: readonly Band[]
  /** Values at which the colour changes. */
  readonly steps: readonly number[]
}

interface Band {
  readonly name: string
  readonly operator: ComparisonOperator
  readonly value: number
}

/** A percentage counts as its fraction: `> 80%` is `> 0.8`. */
const BAND = /^\s*(<=|>=|<|>|==)\s*(-?\d+(?:\.\d+)?)\s*(%?)\s*$/

export function readDashboard(text: string, file: string): { panels: Panel[]; problems: readonly Problem[] } {
  const source = new YamlSource(text, file)
  const top = source.entries(source.document?.contents, 'a dashboard')
  const inner = top.find(({ key }) => key === 'dashboard')
  const panels = [...top, ...source.entries(inner?.node, 'dashboard')]
    .filter(({ key }) => key === 'panels')
    .flatMap(({ node }) => readPanels(source, node))
  return { panels, problems: source.problems }
}

function readPanels(source: YamlSource, list: unknown): Panel[] {
  return source.list(list, 'panels').flatMap(node => {
    const entries = source.entries(node, 'a panel')
    const entry = (key: string) => entries.find(found => found.key === key)
    const rows = readPanels(source, entry('panels')?.node)
    const type = entry('type') && source.string(entry('type'), 'type')?.value
    if (type === 'row' || type === 'text' || type === 'news') return rows
    const title = source.string(entry('title'), 'title')?.value ?? 'untitled'
    const targets = source
      .list(entry('targets')?.node, 'targets')
      .flatMap(target => source.entries(target, 'a target').filter(({ key }) => key === 'expr'))
    const queries = [...entries.filter(({ key }) => key === 'expr'), ...targets].flatMap(found => {
      const query = source.string(found, 'expr')
      if (query === undefined || query.value.trim() === '') return []
      // Grafana fills its variables in before Prometheus sees the query.
      const parsed = parsePromql(query.value.replace(/\$__\w+|\$\{?\w+\}?|\[\[\w+\]\]/g, '5m'))
      return [{ ...query, expression: 'error' in parsed ? undefined : parsed }]
    })
    const bands = source.entries(entry('bands')?.node, 'bands').flatMap(found => {
      const band = source.string(found, found.key)
      const match = BAND.exec(band?.value ?? '')
      if (match === null) return []
      const value = Number(match[2]) / (match[3] === '%' ? 100 : 1)
      return [{ name: found.key, operator: match[1] as ComparisonOperator, value }]
    })
    const { line, column } = source.place(node)
    return [
      ...rows,
      { title, file: source.file, line, column, queries, bands, steps: stepsOf(source.data(node), bands) },
    ]
  })
}

/** Of Grafana's `fieldConfig.defaults.thresholds.steps`, or of the bands. */
function stepsOf(panel: unknown, bands: readonly Band[]): number[] {
  const at = (value: unknown, key: string): unknown =>
    typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  const steps = ['fieldConfig', 'defaults', 'thresholds', 'steps'].reduce(at, panel)
  const values = (Array.isArray(steps) ? steps : []).map(step => at(step, 'value'))
  return [...new Set([...values.filter(value => typeof value === 'number'), ...bands.map(({ value }) => value)])]
}
