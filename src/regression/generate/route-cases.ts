import type { Labels } from '../../model/timeline.ts'
import { formatMatcher, type LabelMatcher, matches } from '../../monitoring/alertmanager/matchers.ts'
import type { AlertmanagerConfig, InhibitRule, Route } from '../../monitoring/alertmanager/read.ts'
import { routeAlert } from '../../monitoring/alertmanager/route.ts'
import { valueFor } from '../../promql/solve/plan.ts'

type Wanted = Pick<LabelMatcher, 'label' | 'operator' | 'value'>

/** Alerts that fire together, and what the case is there to show. */
export interface RouteCase {
  readonly name: string
  readonly alerts: readonly Labels[]
  /** Seconds since the epoch at which time intervals are judged. */
  readonly at?: Date
  /** The groups of notifications are part of the test. */
  readonly groups?: boolean
  /** The path of the route that must take the first alert; the rule must inhibit the second one. */
  readonly reaches?: string
  readonly inhibits?: boolean
}

export interface RouteCases {
  readonly cases: readonly RouteCase[]
  /** What no alert can show, and why. */
  readonly open: readonly string[]
}

const MOST_PAIRS = 200
const MOST_TRIES = 200

const opposite = { '=': '!=', '!=': '=', '=~': '!~', '!~': '=~' } as const
const inverse = ({ label, operator, value }: Wanted): Wanted => ({ label, operator: opposite[operator], value })

/** Cases for every route, inhibition and time interval. `instants` finds an instant in and one out of an interval. */
export function routeCases(
  config: AlertmanagerConfig,
  instants: (intervals: readonly unknown[]) => {
    readonly inside: Date | undefined
    readonly outside: Date | undefined
  },
): RouteCases {
  const open: string[] = []
  const cases: RouteCase[] = []
  const place = (line: number) => `${config.file}:${line}`
  for (const { route, above } of lines(config.route, [])) {
    const found = reaching(config, route, above)
    const title = titleOf(route)
    if (typeof found === 'string') {
      open.push(`${place(route.line)}: no alert stops at ${route.path}: ${found}`)
      continue
    }
    cases.push({ name: `${title} takes its alerts`, reaches: route.path, ...grouping(config, found) })
    for (const matcher of route.matchers) {
      const other = labelsFor([
        ...[...above, route].flatMap(one => one.matchers).filter(one => one !== matcher),
        inverse(matcher),
      ])
      if (other !== undefined) cases.push({ name: `${title} wants ${formatMatcher(matcher)}`, alerts: [other] })
    }
    cases.push(...timeCases(config, route, found, title, instants))
  }
  cases.push(...siblingCases(config))
  config.inhibitRules.forEach((rule, index) => {
    const made = inhibitionCases(rule, `inhibit_rules[${index}]`)
    if (typeof made === 'string') open.push(`${place(rule.line)}: inhibit_rules[${index}] cannot be shown: ${made}`)
    else cases.push(...made)
  })
  return { cases, open }
}

function titleOf(route: Route): string {
  return route.matchers.length === 0 ? route.path : `${route.path} {${route.matchers.map(formatMatcher).join(', ')}}`
}

function* lines(
  route: Route | undefined,
  above: readonly Route[],
): Generator<{ route: Route; above: readonly Route[] }> {
  if (route === undefined) return
  yield { route, above }
  for (const child of route.routes) yield* lines(child, [...above, route])
}

/** An alert's labels that satisfy all matchers; undefined when they contradict each other. */
function labelsFor(matchers: readonly Wanted[], base: Labels = {}): Labels | undefined {
  const labels: Record<string, string> = { alertname: 'Alert', ...base }
  for (const [label, own] of Map.groupBy(matchers, ({ label }) => label)) {
    const empty = own.every(matcher => matches({ ...matcher, place: nowhere }, {}))
    if (empty && !own.some(({ operator }) => operator === '=' || operator === '=~')) {
      // A label that must not have a value: leaving it out says most.
      delete labels[label]
      continue
    }
    const value = valueFor(label, own)
    if (value !== undefined) labels[label] = value
    else if (empty) delete labels[label]
    else return undefined
  }
  return labels['alertname'] === undefined
    ? {
        ...labels,
        alertname:
          valueFor(
            'alertname',
            matchers.filter(({ label }) => label === 'alertname'),
          ) ?? 'Alert',
      }
    : labels
}

const nowhere = { line: 0, column: 0, from: 0, to: 0 }

/** Labels of an alert that stops at the route, though others come before it; or why there is none. */
function reaching(config: AlertmanagerConfig, route: Route, above: readonly Route[]): Labels | string {
  const wanted = [...above, route].flatMap(one => one.matchers)
  const first = labelsFor(wanted)
  if (first === undefined) return 'its matchers and those above it contradict each other'
  const queue: Wanted[][] = [wanted]
  let taker = ''
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const constraints = queue.shift()
    if (constraints === undefined) break
    const labels = labelsFor(constraints)
    if (labels === undefined) continue
    const taken = routeAlert(config, labels).receivers
    if (taken.some(({ path }) => path.at(-1) === route.path)) return labels
    for (const { route: other } of taken) {
      taker ||= `${other.path} (line ${other.line}) takes them before`
      const blockers = other.matchers.filter(
        matcher => !wanted.some(one => formatMatcher(one) === formatMatcher(matcher)),
      )
      for (const matcher of blockers) queue.push([...constraints, inverse(matcher)])
    }
  }
  return taker || 'no labels were found'
}

/** Others that differ in a label that groups, and in one that does not. */
function grouping(config: AlertmanagerConfig, labels: Labels): Pick<RouteCase, 'groups'> & { alerts: Labels[] } {
  const [to] = routeAlert(config, labels).receivers
  const by = to?.groupBy ?? []
  const others = (by.includes('...') ? [] : by).flatMap((label): Labels[] => {
    const changed = { ...labels, [label]: `${labels[label] ?? label}-other` }
    const same = routeAlert(config, changed)
      .receivers.map(({ path }) => path.at(-1))
      .join()
    return same ===
      routeAlert(config, labels)
        .receivers.map(({ path }) => path.at(-1))
        .join()
      ? [changed]
      : []
  })
  return { alerts: [labels, ...others, { ...labels, genesis_drill_copy: 'second' }], groups: true }
}

/** Alerts that two siblings both want: order and `continue` decide. */
function siblingCases(config: AlertmanagerConfig): RouteCase[] {
  const cases: RouteCase[] = []
  for (const { route, above } of lines(config.route, []))
    route.routes.forEach((one, index) => {
      for (const other of route.routes.slice(index + 1)) {
        if (cases.length >= MOST_PAIRS) return
        const both = labelsFor([...above, route, one, other].flatMap(({ matchers }) => matchers))
        if (both !== undefined) cases.push({ name: `${one.path} comes before ${other.path}`, alerts: [both] })
      }
    })
  return cases
}

function timeCases(
  config: AlertmanagerConfig,
  route: Route,
  labels: Labels,
  title: string,
  instants: Parameters<typeof routeCases>[1],
): RouteCase[] {
  const names = [...route.muteTimeIntervals, ...route.activeTimeIntervals].map(({ value }) => value)
  return names.flatMap(name => {
    const interval = config.timeIntervals.find(one => one.name === name)
    if (interval === undefined) return []
    const { inside, outside } = instants(interval.intervals)
    return [
      ...(inside === undefined ? [] : [{ name: `${title} in ${name}`, alerts: [labels], at: inside }]),
      ...(outside === undefined ? [] : [{ name: `${title} outside of ${name}`, alerts: [labels], at: outside }]),
    ]
  })
}

function inhibitionCases(rule: InhibitRule, title: string): RouteCase[] | string {
  const source = labelsFor(rule.source, { alertname: 'Source' })
  const target = labelsFor(rule.target, { alertname: 'Target' })
  if (source === undefined || target === undefined) return 'its matchers contradict each other'
  const shared: Record<string, string> = {}
  for (const label of rule.equal) {
    const own = [...rule.source, ...rule.target].filter(matcher => matcher.label === label)
    const value = own.length === 0 ? `${label}-1` : valueFor(label, own)
    if (value === undefined) return `no value of ${label} suits both the source and the target`
    shared[label] = value
  }
  const both = [
    { ...source, ...shared },
    { ...target, ...shared },
  ] as const
  const cases: RouteCase[] = [
    { name: `${title} hides its target`, alerts: both, inhibits: true },
    { name: `${title} does nothing without its source`, alerts: [both[1]] },
  ]
  for (const label of rule.equal)
    cases.push({
      name: `${title} wants the same ${label}`,
      alerts: [both[0], { ...both[1], [label]: `${shared[label]}-other` }],
    })
  for (const matcher of rule.source) {
    const other = labelsFor([...rule.source.filter(one => one !== matcher), inverse(matcher)], { alertname: 'Source' })
    if (other !== undefined)
      cases.push({
        name: `${title} wants a source with ${formatMatcher(matcher)}`,
        alerts: [{ ...other, ...withoutKeys(shared, matcher.label) }, both[1]],
      })
  }
  for (const matcher of rule.target) {
    const other = labelsFor([...rule.target.filter(one => one !== matcher), inverse(matcher)], { alertname: 'Target' })
    if (other !== undefined)
      cases.push({
        name: `${title} wants a target with ${formatMatcher(matcher)}`,
        alerts: [both[0], { ...other, ...withoutKeys(shared, matcher.label) }],
      })
  }
  return cases
}

function withoutKeys(labels: Labels, label: string): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name !== label))
}
