import { formatDuration } from '../model/duration.ts'
import { applyEdits, type Edit } from './edit.ts'
import { parsePromql } from './parse.ts'
import { printNumber } from './print.ts'
import type { Call, Duration, Expression, Shifted } from './tree.ts'
import { metricName, selectors, unwrap, walk } from './walk.ts'

/** `drill`: played or dilated by the harness. `wall`: a real service at its own speed. */
export type World = 'drill' | 'wall'

/** How an expression is rewritten for a run in which one wall second stands for `timeScale` drill seconds. */
export interface ScaleExpressionOptions {
  readonly timeScale: number
  /** Where a metric lives; asked with undefined for a selector by pattern. Undefined: not known. */
  readonly world: (metric: string | undefined) => World | undefined
}

export interface ScaledExpression {
  /** The author's text, edited in place. Equal to the original when refused. */
  readonly text: string
  /** Why its meaning cannot be kept; then it must not run at this time scale. */
  readonly refused?: string
  readonly warnings: readonly string[]
}

const PER_SECOND = new Set(['rate', 'irate', 'deriv'])
const PER_WINDOW = new Set(['increase', 'delta', 'idelta'])
const EVENTS = new Set(['changes', 'resets'])
const SAMPLE_TIMES = /^(timestamp|start_timestamp|ts_of_(first|last|max|min)_over_time)$/
const CALENDAR = /^(minute|hour|day_of_(week|month|year)|days_in_month|month|year)$/
const DIFFERENCES = new Set(['+', '-', '==', '!=', '<', '<=', '>', '>='])
const NOW = new Set(['time', 'start', 'end'])

export function scaleExpression(text: string, options: ScaleExpressionOptions): ScaledExpression {
  if (options.timeScale === 1) return { text, warnings: [] }
  const expression = parsePromql(text)
  if ('error' in expression) return { text, refused: `it cannot be parsed: ${expression.error}`, warnings: [] }
  const scaling = new Scaling(options)
  try {
    for (const { node, ancestors } of walk(expression)) scaling.node(node, ancestors)
  } catch (thrown) {
    if (thrown instanceof Refusal) return { text, refused: thrown.message, warnings: [] }
    throw thrown
  }
  return { text: applyEdits(text, scaling.edits), warnings: [...scaling.warnings] }
}

class Refusal extends Error {}

class Scaling {
  readonly edits: Edit[] = []
  readonly warnings = new Set<string>()
  readonly #options: ScaleExpressionOptions
  constructor(options: ScaleExpressionOptions) {
    this.#options = options
  }

  node(node: Expression, ancestors: readonly Expression[]): void {
    switch (node.type) {
      case 'selector':
        if (metricName(node) === 'ALERTS_FOR_STATE')
          throw new Refusal('ALERTS_FOR_STATE holds instants of the wall clock, which a drill cannot stretch')
        this.#shifted(node)
        break
      case 'matrix':
        this.#duration(node.range, 'range')
        break
      case 'subquery':
        this.#duration(node.range, 'range')
        if (node.step !== undefined) this.#duration(node.step, 'step')
        this.#shifted(node)
        break
      case 'call':
        this.#call(node, ancestors)
        break
      default:
    }
  }

  #shifted({ offset, at }: Shifted): void {
    if (offset !== undefined) this.#duration(offset, 'offset')
    if (typeof at?.at === 'number')
      throw new Refusal(`@ ${printNumber(at.at)} names an instant of the wall clock, which has no place in drill time`)
  }

  #duration({ seconds, text, from, to }: Duration, what: string): void {
    const { timeScale } = this.#options
    if (seconds === undefined) throw new Refusal(`the ${what} ${text} depends on the query's own step or range`)
    const scaled = seconds / timeScale
    const milliseconds = Math.round(scaled * 1000)
    if (seconds !== 0 && Math.abs(scaled) < 0.001)
      throw new Refusal(`the ${what} ${text} would be under 1 ms at a time scale of ${timeScale}`)
    if (seconds !== 0 && Math.abs(milliseconds / 1000 / scaled - 1) > 0.01)
      this.warnings.add(`the ${what} ${text} is rounded to ${milliseconds} ms`)
    this.edits.push({ from, to, text: formatDuration(scaled) })
  }

  #call(call: Call, ancestors: readonly Expression[]): void {
    const { name } = call
    const { timeScale } = this.#options
    const factor = printNumber(timeScale)
    if (PER_SECOND.has(name) && this.#worldOf(call) === 'drill') this.#wrap(call, '(', ` / ${factor})`)
    if (PER_WINDOW.has(name) && this.#worldOf(call) === 'wall') {
      this.#wrap(call, '(', ` * ${factor})`)
      this.warnings.add(
        `${name}() of a real service: a window ${factor} times shorter stands for the whole, so one event counts as ${factor}`,
      )
    }
    if (EVENTS.has(name) && this.#worldOf(call) === 'wall')
      this.warnings.add(
        `${name}() of a real service counts in a window ${factor} times shorter; discrete events do not scale`,
      )
    if (name === 'predict_linear' && this.#worldOf(call) === 'drill') {
      const ahead = call.args[1]
      if (ahead !== undefined) this.#wrap(ahead, '((', `) / ${factor})`)
    }
    // A sample's age passes at the pace of the scrapes, whichever world its value comes from.
    if (SAMPLE_TIMES.test(name)) this.#wrap(call, '(time() - (time() - ', `) * ${factor})`)
    if (CALENDAR.test(name))
      throw new Refusal(`${name}() reads the calendar of the wall clock, which cannot run ${factor} times faster`)
    if (NOW.has(name)) this.#now(call, ancestors)
  }

  /** time() keeps its meaning beside an instant that is dilated around now; a remainder of it is a calendar in disguise. */
  #now(call: Call, ancestors: readonly Expression[]): void {
    let whole: Expression = call
    for (const around of ancestors) {
      if (around.type !== 'paren' && !(around.type === 'binary' && DIFFERENCES.has(around.operator))) break
      whole = around
    }
    if (selectors(whole).length > 0) return
    throw new Refusal(
      `${call.name}() outside of a difference with a metric reads the wall clock, which is not drill time`,
    )
  }

  #wrap({ from, to }: Expression, before: string, after: string): void {
    this.edits.push({ from, to: from, text: before })
    // Of two that close at the same place the inner one, which comes later here, closes first.
    this.edits.unshift({ from: to, to, text: after })
  }

  #worldOf(call: Call): World {
    const range = call.args.map(unwrap).find(argument => argument.type === 'matrix' || argument.type === 'subquery')
    const worlds = new Map<World, string>()
    for (const selector of range === undefined ? [] : selectors(range)) {
      const metric = metricName(selector)
      const world = this.#options.world(metric)
      const name = metric ?? 'a selector by pattern'
      if (world === undefined)
        throw new Refusal(`${call.name}() of ${name}: whether it lives in drill or wall time is not known`)
      worlds.set(world, name)
    }
    if (worlds.size > 1)
      throw new Refusal(
        `${call.name}() mixes ${worlds.get('drill')} (drill time) and ${worlds.get('wall')} (wall time) in one range`,
      )
    return [...worlds.keys()][0] ?? 'wall'
  }
}
