import { isMap, type Node } from 'yaml'
import type { Problem } from '../../model/errors.ts'
import { nearest } from '../../model/nearest.ts'
import type { Located, Place } from '../located.ts'
import { type Entry, YamlSource } from '../yaml.ts'
import { type LabelMatcher, readMatchers } from './matchers.ts'

/** One node of the route tree; what it does not state it inherits (`undefined` here). Durations are seconds. */
export interface Route extends Place {
  /** From the root, for people: `route`, `route.routes[0]`. */
  readonly path: string
  readonly receiver: Located<string> | undefined
  readonly matchers: readonly LabelMatcher[]
  readonly groupBy: readonly Located<string>[] | undefined
  readonly groupWait: Located<number> | undefined
  readonly groupInterval: Located<number> | undefined
  readonly repeatInterval: Located<number> | undefined
  readonly continue: Located<boolean> | undefined
  readonly muteTimeIntervals: readonly Located<string>[]
  readonly activeTimeIntervals: readonly Located<string>[]
  readonly routes: readonly Route[]
  /** The keys as written, for those who look at the file itself. */
  readonly keys: readonly string[]
}

export interface Integration extends Place {
  /** `slack`, `pagerduty`, `email`: the key without `_configs`. */
  readonly kind: string
  /** Among those of its kind in the receiver, from 0. */
  readonly index: number
  readonly sendResolved: Located<boolean> | undefined
  /** As written. May hold secrets: redact before showing. */
  readonly config: Readonly<Record<string, unknown>>
  /** Where each key stands. */
  readonly places: Readonly<Record<string, Place>>
}

interface Receiver extends Place {
  readonly name: string
  readonly integrations: readonly Integration[]
}

export interface InhibitRule extends Place {
  readonly source: readonly LabelMatcher[]
  readonly target: readonly LabelMatcher[]
  readonly equal: readonly string[]
}

interface TimeInterval extends Place {
  readonly name: string
  readonly intervals: readonly unknown[]
}

export interface AlertmanagerConfig {
  readonly file: string
  readonly text: string
  readonly global: Readonly<Record<string, unknown>>
  readonly globalPlaces: Readonly<Record<string, Place>>
  readonly route: Route | undefined
  readonly receivers: readonly Receiver[]
  readonly inhibitRules: readonly InhibitRule[]
  readonly timeIntervals: readonly TimeInterval[]
  readonly templates: readonly Located<string>[]
}

const QUIET = new Set(['email', 'slack', 'wechat', 'rocketchat'])

/** Does it tell of a resolve? Email, Slack and WeChat do not unless the file says so. */
export function sendsResolved(integration: Pick<Integration, 'kind' | 'sendResolved'>): boolean {
  return integration.sendResolved?.value ?? !QUIET.has(integration.kind)
}

const TOP_KEYS = [
  'global',
  'route',
  'receivers',
  'inhibit_rules',
  'time_intervals',
  'mute_time_intervals',
  'templates',
  'tracing',
  'event_recorder',
] as const
const ROUTE_KEYS = [
  'receiver',
  'group_by',
  'group_wait',
  'group_interval',
  'repeat_interval',
  'matchers',
  'match',
  'match_re',
  'continue',
  'mute_time_intervals',
  'active_time_intervals',
  'routes',
] as const
const INHIBIT_KEYS = [
  'name',
  'source_matchers',
  'source_match',
  'source_match_re',
  'sources',
  'target_matchers',
  'target_match',
  'target_match_re',
  'equal',
] as const

/** Everything that can be read, and every problem: unknown keys, receivers and intervals included. Addresses are not judged. Never throws. */
export function readAlertmanager(
  text: string,
  file: string,
): { config: AlertmanagerConfig; problems: readonly Problem[] } {
  const source = new YamlSource(text, file)
  const top = source.document === undefined ? {} : source.mapping(source.document.contents, 'the file', TOP_KEYS)
  const globals = source.entries(top.global?.node, 'global')
  const timeIntervals = [top.time_intervals, top.mute_time_intervals].flatMap(entry => readIntervals(source, entry))
  const config: AlertmanagerConfig = {
    file,
    text,
    global: Object.fromEntries(globals.map(({ key, node }) => [key, source.data(node)])),
    globalPlaces: Object.fromEntries(globals.map(({ key, keyNode }) => [key, source.place(keyNode)])),
    route: top.route?.node === undefined ? undefined : readRoute(source, top.route.node, 'route', 0),
    receivers: source.list(top.receivers?.node, 'receivers').flatMap(node => readReceiver(source, node) ?? []),
    inhibitRules: source.list(top.inhibit_rules?.node, 'inhibit_rules').map(node => readInhibition(source, node)),
    timeIntervals,
    templates: source.strings(top.templates, 'templates'),
  }
  if (source.document !== undefined) checkNames(source, config)
  return { config, problems: source.problems }
}

const DEEPEST = 100

function readRoute(source: YamlSource, node: Node, path: string, depth: number): Route {
  const keys = source.mapping(node, path, ROUTE_KEYS)
  const children = depth > DEEPEST ? [] : source.list(keys.routes?.node, 'routes')
  if (depth > DEEPEST) source.complain(node, `routes are nested deeper than ${DEEPEST} levels`)
  return {
    path,
    receiver: source.string(keys.receiver, 'receiver'),
    matchers: readMatchers(source, { matchers: keys.matchers, match: keys.match, matchRe: keys.match_re }),
    groupBy: keys.group_by === undefined ? undefined : source.strings(keys.group_by, 'group_by'),
    groupWait: source.duration(keys.group_wait, 'group_wait'),
    groupInterval: source.duration(keys.group_interval, 'group_interval'),
    repeatInterval: source.duration(keys.repeat_interval, 'repeat_interval'),
    continue: source.boolean(keys.continue, 'continue'),
    muteTimeIntervals: source.strings(keys.mute_time_intervals, 'mute_time_intervals'),
    activeTimeIntervals: source.strings(keys.active_time_intervals, 'active_time_intervals'),
    routes: children.map((child, index) => readRoute(source, child, `${path}.routes[${index}]`, depth + 1)),
    keys: Object.keys(keys),
    ...source.place(node),
  }
}

function readReceiver(source: YamlSource, node: Node): Receiver | undefined {
  const entries = source.entries(node, 'a receiver')
  const name = source.string(
    entries.find(({ key }) => key === 'name'),
    'name of a receiver',
  )
  if (name === undefined) return source.complain(node, 'a receiver needs a name')
  const integrations = entries.flatMap(entry => {
    const kind = /^(\w+)_configs$/.exec(entry.key)?.[1]
    if (kind === undefined) {
      if (entry.key !== 'name') source.complain(entry.keyNode, `unknown key ${entry.key} in a receiver`)
      return []
    }
    return source.list(entry.node, entry.key).map((item, index) => readIntegration(source, item, kind, index))
  })
  return { name: name.value, integrations, ...source.place(node) }
}

function readIntegration(source: YamlSource, node: Node, kind: string, index: number): Integration {
  const entries = source.entries(node, `${kind}_configs`)
  return {
    kind,
    index,
    sendResolved: source.boolean(
      entries.find(({ key }) => key === 'send_resolved'),
      'send_resolved',
    ),
    config: Object.fromEntries(entries.map(({ key, node: value }) => [key, source.data(value)])),
    places: Object.fromEntries(entries.map(({ key, keyNode }) => [key, source.place(keyNode)])),
    ...source.place(node),
  }
}

function readInhibition(source: YamlSource, node: Node): InhibitRule {
  const keys = source.mapping(node, 'an inhibition', INHIBIT_KEYS)
  return {
    source: readMatchers(source, {
      matchers: keys.source_matchers,
      match: keys.source_match,
      matchRe: keys.source_match_re,
    }),
    target: readMatchers(source, {
      matchers: keys.target_matchers,
      match: keys.target_match,
      matchRe: keys.target_match_re,
    }),
    equal: source.strings(keys.equal, 'equal').map(({ value }) => value),
    ...source.place(node),
  }
}

function readIntervals(source: YamlSource, entry: Entry | undefined): TimeInterval[] {
  return source.list(entry?.node, entry?.key ?? 'time_intervals').flatMap(node => {
    const keys = source.mapping(node, 'a time interval', ['name', 'time_intervals'])
    const name = source.string(keys.name, 'name of a time interval')
    if (name === undefined) return []
    const intervals = source.list(keys.time_intervals?.node, 'time_intervals').map(item => source.data(item))
    return [{ name: name.value, intervals, ...source.place(isMap(node) ? node : undefined) }]
  })
}

/** Every route of the tree, the root first. */
export function allRoutes(route: Route | undefined): Route[] {
  return route === undefined ? [] : [route, ...route.routes.flatMap(allRoutes)]
}

function checkNames(source: YamlSource, config: AlertmanagerConfig): void {
  const complain = (place: Place, message: string): void => {
    source.problems.push({ file: source.file, line: place.line, column: place.column, message })
  }
  const receivers = new Set<string>()
  for (const receiver of config.receivers) {
    if (receivers.has(receiver.name)) complain(receiver, `two receivers are named ${receiver.name}`)
    receivers.add(receiver.name)
  }
  const intervals = new Set(config.timeIntervals.map(({ name }) => name))
  const known = (name: Located<string>, names: ReadonlySet<string>, what: string): void => {
    if (names.has(name.value)) return
    const close = nearest(name.value, names)
    complain(name, `no ${what} is named ${name.value}${close === undefined ? '' : `; did you mean ${close}?`}`)
  }
  for (const route of allRoutes(config.route)) {
    if (route.receiver !== undefined) known(route.receiver, receivers, 'receiver')
    for (const name of [...route.muteTimeIntervals, ...route.activeTimeIntervals])
      known(name, intervals, 'time interval')
  }
  const root = config.route
  if (root === undefined) complain(source.placeAt(0, 0), 'the file has no route:')
  else if (root.receiver === undefined) complain(root, 'the root route needs a receiver')
  else if (root.matchers.length > 0) complain(root, 'the root route takes every alert and may not have matchers')
}
