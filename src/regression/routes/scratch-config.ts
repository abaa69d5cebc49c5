import { carry, entriesOf, itemsOf, lineOf, readYaml, textOf, type YamlSource } from '../promtool/yaml-source.ts'

/** Which test an alert belongs to; keeps the groups and inhibitions of tests apart. */
export const TEST_LABEL = 'genesis_drill_test'
/** Which copy of the route tree it goes through: one for each state of the time intervals that tests ask for. */
export const TREE_LABEL = 'genesis_drill_tree'
/** Two alerts of our own, posted last: when the one inhibits the other, Alertmanager has seen all before them. */
export const SENTINEL = { source: 'sentinel-source', target: 'sentinel-target' } as const

const ALWAYS = 'genesis-drill-always'
const NEVER = 'genesis-drill-never'

/** One state of the time intervals: for each name, is the instant in it? Without a membership nothing is muted. */
export interface Tree {
  readonly id: string
  /** The configuration that it is a copy of. */
  readonly source: YamlSource
  readonly membership: ReadonlyMap<string, boolean> | undefined
}

/** A route of the user's file, which in the scratch copy has a receiver of its own, called like its path. */
export interface RouteNode {
  readonly path: string
  readonly line: number
  /** The receiver as the user's file names it, inherited where it says none. */
  readonly receiver: string
  readonly muteIntervals: readonly string[]
  readonly activeIntervals: readonly string[]
}

/** Alertmanager sends nothing for a route while one of its mute intervals, or none of its active ones, contains the instant. */
export function isMuted(
  { muteIntervals, activeIntervals }: RouteNode,
  { membership }: Pick<Tree, 'membership'>,
): boolean {
  if (membership === undefined) return false
  const inside = (name: string) => membership.get(name) === true
  return muteIntervals.some(inside) || (activeIntervals.length > 0 && !activeIntervals.some(inside))
}

/** Reads a configuration for the scratch copy. Throws a RangeError for YAML that cannot be carried over. */
export function readConfigSource(file: string, text: string): YamlSource {
  const source = readYaml(file, text)
  const top = entriesOf(source.document.contents, source.document)
  if (source.odd !== undefined || top === undefined) throw new RangeError(source.odd ?? 'expected a mapping')
  return source
}

/**
 * The user's route tree and inhibitions, for a real Alertmanager that tells nobody. Every route gets a receiver of its own, so that the
 * engine says not only who is told, but which route told them. `nodes` has the routes of each tree by their paths.
 */
export function scratchConfig(trees: readonly Tree[]): {
  readonly text: string
  readonly nodes: ReadonlyMap<Tree, ReadonlyMap<string, RouteNode>>
} {
  const read = trees.map(tree => readTree(tree))
  const [first] = read
  if (first === undefined) throw new RangeError('no tree to ask')
  const { root, source, declared } = first
  // What may not stand at the root stays there, so that Alertmanager refuses it as it would the original.
  const misplaced = [...(root ?? [])].filter(([key]) =>
    /^(match|match_re|matchers|continue|\w+_time_intervals)$/.test(key),
  )
  const resolve = entriesOf(first.top.get('global'), source.document)?.get('resolve_timeout')
  const receivers = new Set(read.flatMap(one => [...one.declared, ...one.nodes.keys()]))
  const sentinel = (name: string) => JSON.stringify(`${TEST_LABEL}="${name}"`)
  return {
    nodes: new Map(read.map(({ tree, nodes }) => [tree, nodes])),
    text: [
      `global: {${resolve === undefined ? '' : `resolve_timeout: ${carry(resolve, source.document)}`}}`,
      `route: {receiver: ${receiverOf(root?.get('receiver'), 'route', declared)}, group_wait: 1h, ${misplaced
        .map(([key, value]) => `${key}: ${carry(value, source.document)}, `)
        .join('')}routes: [${read.map(one => writeRoute(one.top.get('route'), 'route', one.source, one)).join(', ')}]}`,
      `receivers: [${[...receivers].map(name => `{name: ${JSON.stringify(name)}}`).join(', ')}]`,
      'inhibit_rules:',
      ...inhibitions(read).map(rule => `- ${rule}`),
      `- {source_matchers: [${sentinel(SENTINEL.source)}], target_matchers: [${sentinel(SENTINEL.target)}]}`,
      `time_intervals: [{name: ${ALWAYS}, time_intervals: [{}]}, {name: ${NEVER}, time_intervals: []}]`,
      '',
    ].join('\n'),
  }
}

interface ReadTree extends Writing {
  readonly source: YamlSource
  readonly top: Map<string, unknown>
  readonly root: Map<string, unknown> | undefined
}

function readTree(tree: Tree): ReadTree {
  const { source } = tree
  const top = entriesOf(source.document.contents, source.document) ?? new Map<string, unknown>()
  const declared = new Set(
    list(top.get('receivers'), source).map(node => textOf(entriesOf(node, source.document)?.get('name')) ?? ''),
  )
  const nodes = new Map<string, RouteNode>()
  collect(top.get('route'), 'route', '', source, nodes)
  return { tree, source, top, root: entriesOf(top.get('route'), source.document), declared, nodes }
}

/** Each inhibition once; one that not all trees have is bound to those that do. */
function inhibitions(read: readonly ReadTree[]): string[] {
  const owners = new Map<string, { node: unknown; source: YamlSource; trees: Set<string> }>()
  for (const { tree, source, top } of read)
    for (const node of list(top.get('inhibit_rules'), source)) {
      const text = writeInhibition(node, source, undefined)
      const owner = owners.get(text) ?? { node, source, trees: new Set() }
      owner.trees.add(tree.id)
      owners.set(text, owner)
    }
  return [...owners.values()].map(({ node, source, trees }) =>
    writeInhibition(node, source, trees.size === read.length ? undefined : [...trees]),
  )
}

function collect(
  node: unknown,
  path: string,
  inherited: string,
  source: YamlSource,
  nodes: Map<string, RouteNode>,
): void {
  const entries = entriesOf(node, source.document)
  const receiver = textOf(entries?.get('receiver')) || inherited
  nodes.set(path, {
    path,
    line: lineOf(source, node),
    receiver,
    muteIntervals: texts(entries?.get('mute_time_intervals'), source),
    activeIntervals: texts(entries?.get('active_time_intervals'), source),
  })
  for (const [index, child] of list(entries?.get('routes'), source).entries())
    collect(child, `${path}.routes[${index}]`, receiver, source, nodes)
}

interface Writing {
  readonly tree: Tree
  readonly nodes: ReadonlyMap<string, RouteNode>
  readonly declared: ReadonlySet<string>
}

/** Written anew; all other keys of a route are carried over. */
const OURS =
  /^(receiver|group_by|group_wait|group_interval|repeat_interval|routes|mute_time_intervals|active_time_intervals)$/
const NOT_AT_ROOT = /^(match|match_re|matchers|continue)$/

function writeRoute(node: unknown, path: string, source: YamlSource, writing: Writing): string {
  const { document } = source
  const entries = entriesOf(node, document)
  if (entries === undefined) return carry(node, document)
  const isRoot = path === 'route'
  const { tree, nodes, declared } = writing
  const parts = [...entries]
    .filter(([key]) => !OURS.test(key) && !(isRoot && NOT_AT_ROOT.test(key)))
    .map(([key, value]) => `${key}: ${carry(value, document)}`)
  parts.push(`receiver: ${receiverOf(entries.get('receiver'), path, declared)}`)
  if (isRoot) parts.push(`matchers: [${JSON.stringify(`${TREE_LABEL}="${tree.id}"`)}]`)
  const groupBy = texts(entries.get('group_by'), source)
  if (groupBy.includes('...')) parts.push("group_by: ['...']")
  else if (groupBy.length > 0 || isRoot) parts.push(`group_by: ${JSON.stringify([...groupBy, TEST_LABEL])}`)
  const own = nodes.get(path)
  if (own !== undefined && isMuted(own, tree)) {
    const byInterval = own.muteIntervals.some(name => tree.membership?.get(name))
    parts.push(byInterval ? `mute_time_intervals: [${ALWAYS}]` : `active_time_intervals: [${NEVER}]`)
  }
  const children = list(entries.get('routes'), source)
  if (children.length > 0)
    parts.push(
      `routes: [${children.map((child, index) => writeRoute(child, `${path}.routes[${index}]`, source, writing)).join(', ')}]`,
    )
  return `{${parts.join(', ')}}`
}

/** A receiver that the file does not declare keeps its name: Alertmanager refuses it by that. */
function receiverOf(node: unknown, path: string, declared: ReadonlySet<string>): string {
  const name = textOf(node)
  return JSON.stringify(
    name === undefined || name === '' ? (path === 'route' ? '' : path) : declared.has(name) ? path : name,
  )
}

function writeInhibition(node: unknown, source: YamlSource, trees: readonly string[] | undefined): string {
  const { document } = source
  const entries = entriesOf(node, document)
  if (entries === undefined) return carry(node, document)
  const bound = trees === undefined ? [] : [JSON.stringify(`${TREE_LABEL}=~"${trees.join('|')}"`)]
  const matchers = [...list(entries.get('source_matchers'), source).map(item => carry(item, document)), ...bound]
  const parts = [...entries]
    .filter(([key]) => key !== 'equal' && key !== 'source_matchers')
    .map(([key, value]) => `${key}: ${carry(value, document)}`)
  if (matchers.length > 0) parts.push(`source_matchers: [${matchers.join(', ')}]`)
  return `{${[...parts, `equal: ${JSON.stringify([...texts(entries.get('equal'), source), TEST_LABEL])}`].join(', ')}}`
}

function texts(node: unknown, source: YamlSource): string[] {
  return list(node, source).map(item => textOf(item) ?? '')
}

function list(node: unknown, source: YamlSource): readonly unknown[] {
  return itemsOf(node, source.document) ?? []
}
