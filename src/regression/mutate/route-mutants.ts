import { type Document, isSeq, Scalar } from 'yaml'
import { formatMatcher, type LabelMatcher } from '../../monitoring/alertmanager/matchers.ts'
import {
  type AlertmanagerConfig,
  allRoutes,
  type Integration,
  type Route,
  sendsResolved,
} from '../../monitoring/alertmanager/read.ts'
import { accepts } from '../../promql/regex.ts'
import type { YamlSource } from '../promtool/yaml-source.ts'
import type { Mutant } from './mutant.ts'

export interface RouteMutant extends Mutant {
  /** The configuration after the change, for Alertmanager. */
  readonly source: YamlSource
  /** The same as it is read, where the change is one that routing does not show. */
  readonly config: AlertmanagerConfig
  /** Only alerts that reach this route can show it; undefined: any. */
  readonly seenBelow: string | undefined
  readonly equivalent: string | undefined
}

type Path = readonly (string | number)[]

/** Every single change of the route tree, the inhibitions and the receivers' resolves. */
export function routeMutants(config: AlertmanagerConfig, source: YamlSource): RouteMutant[] {
  const { file } = config
  const make = (
    facts: {
      operator: string
      subject: string
      line: number
      meaning: string
      seenBelow?: string
      equivalent?: string | undefined
    },
    edit: (document: Document) => void,
  ): RouteMutant => {
    const document = source.document.clone() as Document
    edit(document)
    return { seenBelow: undefined, equivalent: undefined, ...facts, file, config, source: { ...source, document } }
  }
  return [
    ...allRoutes(config.route).flatMap(route => ofRoute(route, config, make)),
    ...config.inhibitRules.map((rule, index) => {
      const show = (list: readonly LabelMatcher[]) => list.map(formatMatcher).join(', ')
      const subject = `${show(rule.source)} inhibits ${show(rule.target)}`
      const facts = {
        operator: 'inhibition removed',
        subject,
        line: rule.line,
        meaning: `an alert with ${show(rule.source)} did not inhibit one with ${show(rule.target)}`,
      }
      return make(facts, document => document.deleteIn(['inhibit_rules', index]))
    }),
    ...config.receivers.flatMap(receiver =>
      receiver.integrations.map((integration): RouteMutant => {
        const { sends, line } = { sends: sendsResolved(integration), line: integration.line }
        const meaning = `${receiver.name} ${sends ? 'did not hear' : 'heard'} of a resolve by ${integration.kind}`
        const facts = { operator: 'send_resolved', subject: receiver.name, line, meaning }
        return { ...make(facts, () => {}), config: withResolve(config, integration, !sends) }
      }),
    ),
  ]
}

type Make = (
  facts: {
    operator: string
    subject: string
    line: number
    meaning: string
    seenBelow?: string
    equivalent?: string | undefined
  },
  edit: (document: Document) => void,
) => RouteMutant

function ofRoute(route: Route, config: AlertmanagerConfig, make: Make): RouteMutant[] {
  const path = pathOf(route.path)
  const parent = parentOf(route, config)
  const receiver = receiverOf(route, config)
  const shown = route.matchers.map(formatMatcher).join(', ')
  const subject = parent === undefined ? 'the root route' : `the route for ${shown || 'everything'} to ${receiver}`
  const seenBelow = parent?.path ?? route.path
  const facts = (operator: string, meaning: string, equivalent?: string, line = route.line) => ({
    operator,
    subject,
    line,
    meaning: `${subject} ${meaning}`,
    seenBelow,
    equivalent,
  })
  const siblings = parent?.routes ?? []
  const index = siblings.indexOf(route)
  const later = siblings.slice(index + 1)
  const next = later[0]
  const other = config.receivers.find(({ name }) => name !== receiver)?.name
  const mutants: RouteMutant[] = []
  for (const [position, matcher] of route.matchers.entries()) {
    const write = (matchers: readonly LabelMatcher[]) => (document: Document) => {
      for (const key of ['match', 'match_re', 'matchers']) document.deleteIn([...path, key])
      document.setIn([...path, 'matchers'], document.createNode(matchers.map(formatMatcher)))
    }
    const negated = { ...matcher, operator: NEGATED[matcher.operator] }
    const { line } = matcher.place
    mutants.push(
      make(
        facts('route matcher', `took ${formatMatcher(negated)} instead of ${formatMatcher(matcher)}`, undefined, line),
        write(route.matchers.with(position, negated)),
      ),
      make(
        facts('route matcher', `did not ask for ${formatMatcher(matcher)}`, undefined, line),
        write(route.matchers.toSpliced(position, 1)),
      ),
    )
  }
  if (other !== undefined)
    mutants.push(
      make(facts('receiver', `told ${other} instead of ${receiver}`), document =>
        document.setIn([...path, 'receiver'], other),
      ),
    )
  for (const [position, label] of (route.groupBy ?? []).entries())
    mutants.push(
      make(
        facts(
          'route grouping',
          label.value === '...' ? 'grouped everything together' : `did not group by ${label.value}`,
          undefined,
          label.line,
        ),
        document => {
          document.deleteIn([...path, 'group_by', position])
        },
      ),
    )
  for (const key of ['mute_time_intervals', 'active_time_intervals'] as const)
    for (const [position, interval] of (key === 'mute_time_intervals'
      ? route.muteTimeIntervals
      : route.activeTimeIntervals
    ).entries())
      mutants.push(
        make(
          facts('route time', `did not ask for the time interval ${interval.value}`, undefined, interval.line),
          document => document.deleteIn([...path, key, position]),
        ),
      )
  if (parent === undefined) return mutants
  const continues = route.continue?.value === true
  mutants.push(
    make(facts('route removed', 'did not exist', removable(route, parent, later, config)), document =>
      document.deleteIn(path),
    ),
    make(
      facts(
        'continue',
        continues ? 'took its alerts away from the routes after it' : 'let its alerts go on to the routes after it',
        untouched(route, later),
      ),
      document => document.setIn([...path, 'continue'], plain(document, continues ? 'false' : 'true')),
    ),
  )
  if (next !== undefined)
    mutants.push(
      make(facts('route order', `stood after ${next.path}`, swappable(route, next)), document => {
        const list = document.getIn(path.slice(0, -1))
        if (isSeq(list)) list.items = list.items.with(index, list.items[index + 1]).with(index + 1, list.items[index])
      }),
    )
  return mutants
}

const NEGATED = { '=': '!=', '!=': '=', '=~': '!~', '!~': '=~' } as const

/** Alertmanager reads `true` without quotes as a boolean. */
function plain(document: Document, text: string): Scalar {
  const scalar = document.createNode(text) as Scalar
  scalar.type = Scalar.PLAIN
  return scalar
}

function untouched(route: Route, later: readonly Route[]): string | undefined {
  if (later.length === 0) return 'no route comes after it'
  return later.every(other => disjoint(route, other))
    ? 'no alert that it takes can be taken by a route after it'
    : undefined
}

function swappable(a: Route, b: Route): string | undefined {
  if (disjoint(a, b)) return 'no alert can be taken by both'
  return a.continue?.value === true && b.continue?.value === true ? 'both let their alerts go on' : undefined
}

function removable(
  route: Route,
  parent: Route,
  later: readonly Route[],
  config: AlertmanagerConfig,
): string | undefined {
  const plainCopy =
    route.routes.length === 0 &&
    receiverOf(route, config) === receiverOf(parent, config) &&
    [route.groupBy, route.groupWait, route.groupInterval, route.repeatInterval].every(own => own === undefined) &&
    route.muteTimeIntervals.length + route.activeTimeIntervals.length === 0 &&
    parent.muteTimeIntervals.length + parent.activeTimeIntervals.length === 0
  return plainCopy && route.continue?.value !== true && later.every(other => disjoint(route, other))
    ? 'the route above it does the same'
    : undefined
}

/** Does one demand of a label what the other refuses? */
function disjoint(a: Route, b: Route): boolean {
  const demands = (route: Route, other: Route) =>
    route.matchers.some(
      ({ label, operator, value }) =>
        operator === '=' && other.matchers.some(matcher => matcher.label === label && !accepts(matcher, value)),
    )
  return demands(a, b) || demands(b, a)
}

function parentOf(route: Route, config: AlertmanagerConfig): Route | undefined {
  return allRoutes(config.route).find(({ routes }) => routes.includes(route))
}

function receiverOf(route: Route, config: AlertmanagerConfig): string {
  const parent = parentOf(route, config)
  return route.receiver?.value ?? (parent === undefined ? '' : receiverOf(parent, config))
}

/** `route.routes[2]` as the keys that lead there. */
function pathOf(text: string): Path {
  return [...text.matchAll(/[a-z]+|\d+/g)].map(([part]) => (/^\d/.test(part) ? Number(part) : part))
}

function withResolve(config: AlertmanagerConfig, changed: Integration, value: boolean): AlertmanagerConfig {
  const { line, column, from, to } = changed
  const sendResolved = { value, line, column, from, to }
  return {
    ...config,
    receivers: config.receivers.map(receiver => ({
      ...receiver,
      integrations: receiver.integrations.map(one => (one === changed ? { ...one, sendResolved } : one)),
    })),
  }
}
