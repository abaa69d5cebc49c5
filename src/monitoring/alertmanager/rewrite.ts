import { Document, isAlias, isMap, isScalar, isSeq, Pair, Scalar, visit, YAMLMap } from 'yaml'
import type { Address } from '../../model/abilities.ts'
import { formatDuration, parseDuration } from '../../model/duration.ts'
import { ScenarioError } from '../../model/errors.ts'
import { redactComments } from '../redact.ts'
import { isSecret } from '../secrets.ts'
import { YamlSource } from '../yaml.ts'
import { addressKeys, forms, globalDelivery, type IntegrationForm, keptOfHttpConfig } from './forms.ts'
import { type Integration, readAlertmanager, sendsResolved } from './read.ts'

export interface RewriteOptions {
  readonly timeScale: number
  /** The inbox, without a slash at the end: `http://127.0.0.1:4000`. */
  readonly httpUrl: string
  readonly smtp: Address
  /** Where the template files are for the engine, by the path in the user's file; a missing one keeps its path. */
  readonly templates?: Readonly<Record<string, string>>
}

export interface RewrittenAlertmanager {
  readonly text: string
  /** What was changed beyond addresses, secrets and durations (PagerDuty v1 to v2 ...). */
  readonly notes: readonly string[]
  readonly receivers: readonly {
    readonly receiver: string
    readonly integrations: readonly DeliveredTo[]
  }[]
  /** How many secrets of the original were taken out. */
  readonly secretsRemoved: number
}

interface DeliveredTo {
  readonly kind: string
  readonly index: number
  /** Below httpUrl, each part URI-encoded: `/dr_critical/pagerduty/0`. Some kinds add to it. Mail carries it in the header X-Genesis-Receiver. */
  readonly path: string
  readonly sendResolved: boolean
}

/** The path in the inbox of one integration. */
function inboxPath(receiver: string, kind: string, index: number): string {
  return `/${encodeURIComponent(receiver)}/${kind}/${index}`
}

/** Throws ScenarioError when the file cannot be read. */
export function rewriteForRun(text: string, file: string, options: RewriteOptions): RewrittenAlertmanager {
  const { config, problems } = readAlertmanager(text, file)
  if (problems.length > 0) throw new ScenarioError(problems)
  const rewriting = new Rewriting(documentOf(text, file), options)
  rewriting.all()
  return {
    text: rewriting.print(/^\w+:[^\n]*\n(\s*(#[^\n]*)?\n)*- /m.test(text)),
    notes: rewriting.notes,
    receivers: config.receivers.map(({ name, integrations }) => ({
      receiver: name,
      integrations: integrations.map(integration => delivered(name, integration)),
    })),
    secretsRemoved: countSecrets(text, file),
  }
}

function delivered(receiver: string, integration: Integration): DeliveredTo {
  const { kind, index } = integration
  return { kind, index, path: inboxPath(receiver, kind, index), sendResolved: sendsResolved(integration) }
}

/** A document to be changed; aliases are written out, because each place gets an address of its own. */
function documentOf(text: string, file: string): Document {
  const { document } = new YamlSource(text, file)
  if (document === undefined) throw new Error('read before')
  let shared = false
  visit(document, {
    Alias: () => {
      shared = true
      return visit.BREAK
    },
  })
  return shared ? new Document(document.toJS({ maxAliasCount: 100 }), { aliasDuplicateObjects: false }) : document
}

function countSecrets(text: string, file: string): number {
  let count = 0
  visit(new YamlSource(text, file).document ?? null, {
    Scalar(role, node, ancestors) {
      const path = ancestors.flatMap(ancestor =>
        typeof ancestor === 'object' && ancestor !== null && 'key' in ancestor && isScalar(ancestor.key)
          ? [String(ancestor.key.value)]
          : [],
      )
      if (role !== 'key' && isSecret(path) && node.value !== null && node.value !== '') count++
    },
  })
  return count
}

const DEFAULT_WAITS = { group_wait: 30, group_interval: 300, repeat_interval: 14_400 }

class Rewriting {
  readonly notes: string[] = []
  readonly #document: Document
  readonly #options: RewriteOptions
  constructor(document: Document, options: RewriteOptions) {
    this.#document = document
    this.#options = options
  }

  all(): void {
    const top = this.#document.contents
    if (!isMap(top)) return
    this.#global(top as YAMLMap)
    const root = top.get('route')
    if (isMap(root)) {
      // What a file does not state runs at Alertmanager's own pace, unless it is written down here.
      for (const [key, seconds] of Object.entries(DEFAULT_WAITS))
        if (!root.has(key)) root.set(key, formatDuration(seconds))
      this.#route(root as YAMLMap)
    }
    for (const receiver of items(top.get('receivers'))) if (isMap(receiver)) this.#receiver(receiver as YAMLMap)
    for (const template of items(top.get('templates')))
      if (isScalar(template)) template.value = this.#options.templates?.[String(template.value)] ?? template.value
    if (top.has('tracing')) {
      top.delete('tracing')
      this.notes.push('tracing is left out: its spans would leave the drill')
    }
  }

  print(flatLists: boolean): string {
    return redactComments(this.#document.toString({ lineWidth: 0, indentSeq: !flatLists }))
  }

  #shorten(map: YAMLMap, key: string): void {
    const value = map.get(key)
    const seconds = typeof value === 'string' ? parseDuration(value) : undefined
    if (seconds === undefined || seconds === 0) return
    replaceValue(map, key, formatDuration(Math.max(0.001, seconds / this.#options.timeScale)))
  }

  #global(top: YAMLMap): void {
    const before = top.get('global')
    const global = isMap(before) ? (before as YAMLMap) : new YAMLMap()
    if (!isMap(before)) top.items.unshift(new Pair(new Scalar('global'), global))
    for (const key of keysOf(global)) if (globalDelivery.test(key)) global.delete(key)
    if (!global.has('resolve_timeout')) global.set('resolve_timeout', '5m')
    this.#shorten(global, 'resolve_timeout')
    replaceValue(global, 'smtp_smarthost', this.#smarthost)
    replaceValue(global, 'smtp_require_tls', false)
    if (!global.has('smtp_from')) global.set('smtp_from', 'alertmanager@genesis-drill.invalid')
  }

  get #smarthost(): string {
    const { host, port } = this.#options.smtp
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  }

  #route(route: YAMLMap): void {
    for (const key of Object.keys(DEFAULT_WAITS)) this.#shorten(route, key)
    for (const child of items(route.get('routes'))) if (isMap(child)) this.#route(child as YAMLMap)
  }

  #receiver(receiver: YAMLMap): void {
    const name = String(receiver.get('name'))
    for (const key of keysOf(receiver)) {
      const kind = /^(\w+)_configs$/.exec(key)?.[1]
      if (kind === undefined) continue
      items(receiver.get(key)).forEach((item, index) => {
        if (isMap(item)) this.#integration(item as YAMLMap, name, kind, index)
      })
      if (kind === 'pushover') this.#asWebhook(receiver, key)
    }
  }

  #integration(config: YAMLMap, receiver: string, kind: string, index: number): void {
    const path = inboxPath(receiver, kind, index)
    const place = `${receiver}/${kind}/${index}`
    if (kind === 'email') {
      this.#email(config, path)
      return
    }
    if (kind === 'pagerduty' && (config.has('service_key') || config.has('service_key_file')))
      this.notes.push(
        `${place}: PagerDuty's Events API v1 (service_key) has a fixed address; it is delivered through v2 (routing_key) instead`,
      )
    for (const key of keysOf(config)) if (key === 'http_config') keepOnly(config, key, keptOfHttpConfig)
    const form = forms[kind] ?? this.#unknown(config, kind, place)
    for (const key of form.drop) config.delete(key)
    if (kind === 'telegram' && config.has('chat_id_file')) {
      config.delete('chat_id_file')
      replaceValue(config, 'chat_id', 1)
    }
    for (const [key, value] of Object.entries(form.set ?? {})) replaceValue(config, key, value)
    replaceValue(config, form.address, `${this.#options.httpUrl}${path}${form.slash ? '/' : ''}`)
  }

  #email(config: YAMLMap, path: string): void {
    for (const key of keysOf(config)) if (/^(auth_|tls_config$|force_implicit_tls$)/.test(key)) config.delete(key)
    replaceValue(config, 'smarthost', this.#smarthost)
    replaceValue(config, 'require_tls', false)
    const before = config.get('headers')
    const headers = isMap(before) ? (before as YAMLMap) : new YAMLMap()
    for (const key of keysOf(headers)) if (key.toLowerCase() === 'x-genesis-receiver') headers.delete(key)
    headers.set('X-Genesis-Receiver', path)
    if (!isMap(before)) config.set('headers', headers)
  }

  /** Kinds of a newer Alertmanager: what looks like an address or a secret is replaced. */
  #unknown(config: YAMLMap, kind: string, place: string): IntegrationForm {
    if (kind === 'pushover') return { address: 'url', drop: [] }
    const address = addressKeys.find(key => config.has(key)) ?? 'url'
    this.notes.push(`${place}: the kind ${kind} is not known; ${address} is taken for its address`)
    const set = Object.fromEntries(
      keysOf(config)
        .filter(key => key !== address && isSecret([`${kind}_configs`, key]))
        .map(key => [key, 'genesis-drill']),
    )
    return { address, set, drop: keysOf(config).filter(key => key.endsWith('_file')) }
  }

  /** Pushover's address is fixed in Alertmanager: its messages arrive as webhooks, after the receiver's own. */
  #asWebhook(receiver: YAMLMap, key: string): void {
    const before = items(receiver.get(key))
    const webhooks = before.flatMap(item => {
      if (!isMap(item)) return []
      const config = new YAMLMap()
      config.set('url', item.get('url'))
      if (item.has('send_resolved')) config.set('send_resolved', item.get('send_resolved'))
      return [config]
    })
    receiver.delete(key)
    const existing = receiver.get('webhook_configs')
    if (isSeq(existing)) existing.items.push(...webhooks)
    else receiver.set('webhook_configs', this.#document.createNode(webhooks))
    this.notes.push(
      `${String(receiver.get('name'))}/pushover: Pushover's address is fixed in Alertmanager; it is delivered as a webhook instead`,
    )
  }
}

function items(node: unknown): unknown[] {
  return isSeq(node) ? node.items.filter(item => !isAlias(item)) : []
}

function keysOf(map: YAMLMap): string[] {
  return map.items.map(({ key }) => String(isScalar(key) ? key.value : key))
}

/** Keeps the quotes and the comment of what was there. */
function replaceValue(map: YAMLMap, key: string, value: unknown): void {
  const before = map.get(key, true)
  if (isScalar(before) && (typeof value !== 'object' || value === null)) before.value = value
  else map.set(key, value)
}

function keepOnly(map: YAMLMap, key: string, kept: ReadonlySet<string>): void {
  const inner = map.get(key)
  if (!isMap(inner)) return
  for (const name of keysOf(inner as YAMLMap)) if (!kept.has(name)) inner.delete(name)
  if (inner.items.length === 0) map.delete(key)
}
