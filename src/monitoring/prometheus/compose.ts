import { Document, isMap, isScalar, isSeq, type YAMLMap } from 'yaml'
import type { Address } from '../../model/abilities.ts'
import { formatDuration, parseDuration } from '../../model/duration.ts'
import { ScenarioError } from '../../model/errors.ts'
import type { Labels } from '../../model/timeline.ts'
import { redactComments } from '../redact.ts'
import { YamlSource } from '../yaml.ts'
import { type PrometheusConfig, readPrometheus, type ScrapeJob } from './read.ts'

interface ScrapeTarget {
  readonly job: string
  readonly instance: string
  readonly address: Address
  readonly path: string
}

export interface ComposeOptions {
  readonly targets: readonly ScrapeTarget[]
  /** Drill seconds. With a user's file its own intervals count. */
  readonly scrapeInterval: number
  readonly evaluationInterval: number
  readonly timeScale: number
  readonly alertmanagers: readonly Address[]
  /** Paths as the engine sees them; already scaled. */
  readonly ruleFiles: readonly string[]
  readonly externalLabels: Labels
  /** The user's own prometheus.yml: its jobs keep names, intervals and relabelling while their targets are replaced. */
  readonly userFile?: { readonly file: string; readonly text: string }
}

export interface ComposedPrometheus {
  readonly text: string
  /** `--query.lookback-delta=...` and the like, scaled. */
  readonly flags: readonly string[]
  readonly notes: readonly string[]
}

/** Prometheus's own defaults, seconds. */
const FLAGS = { 'query.lookback-delta': 300, 'rules.alert.resend-delay': 60, 'rules.alert.for-grace-period': 600 }

/** Throws ScenarioError when the user's file cannot be read. */
export function composePrometheus(options: ComposeOptions): ComposedPrometheus {
  const { userFile, timeScale } = options
  const flags = Object.entries(FLAGS).map(([flag, seconds]) => `--${flag}=${scaled(seconds, timeScale)}`)
  if (userFile === undefined) return { text: print(generated(options)), flags, notes: [] }
  const { config, problems } = readPrometheus(userFile.text, userFile.file)
  if (problems.length > 0) throw new ScenarioError(problems)
  const { document, notes } = adapted(config, options)
  return { text: redactComments(document.toString({ lineWidth: 0 })), flags, notes }
}

function print(config: unknown): string {
  return new Document(config).toString({ lineWidth: 0 })
}

function scaled(seconds: number, timeScale: number): string {
  return formatDuration(Math.max(0.001, seconds / timeScale))
}

function hostPort({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function alerting(alertmanagers: readonly Address[]): unknown {
  return { alertmanagers: [{ scheme: 'http', static_configs: [{ targets: alertmanagers.map(hostPort) }] }] }
}

function generated(options: ComposeOptions): unknown {
  const { targets, scrapeInterval, evaluationInterval, timeScale, alertmanagers, ruleFiles, externalLabels } = options
  return {
    global: {
      scrape_interval: scaled(scrapeInterval, timeScale),
      // As long as allowed: a slow answer of a real exporter is no drill-time event.
      scrape_timeout: scaled(scrapeInterval, timeScale),
      evaluation_interval: scaled(evaluationInterval, timeScale),
      ...(Object.keys(externalLabels).length > 0 && { external_labels: externalLabels }),
    },
    ...(alertmanagers.length > 0 && { alerting: alerting(alertmanagers) }),
    rule_files: ruleFiles,
    scrape_configs: jobNames(targets).map(job => ({
      job_name: job,
      static_configs: targets
        .filter(target => target.job === job)
        .map(({ address, instance, path }) => ({
          targets: [hostPort(address)],
          labels: { instance, ...(path !== '/metrics' && { __metrics_path__: path }) },
        })),
    })),
  }
}

function jobNames(targets: readonly ScrapeTarget[]): string[] {
  return [...new Set(targets.map(({ job }) => job))]
}

/** What would lead the drill's Prometheus out of the drill, or needs files and secrets of production. */
const FOREIGN = ['remote_write', 'remote_read', 'tracing', 'storage', 'scrape_config_files', 'otlp', 'runtime']
const JOB_FOREIGN =
  /^(static_configs|\w+_sd_configs|scheme|tls_config|basic_auth|authorization|oauth2|bearer_token(_file)?|proxy_url|proxy_from_environment|no_proxy|proxy_connect_header|http_headers)$/

function adapted(config: PrometheusConfig, options: ComposeOptions): { document: Document; notes: string[] } {
  const parsed = new YamlSource(config.text, config.file).document
  // Aliases are written out, because each job gets targets of its own.
  const aliased = /^[^#]*[:\-[,]\s*[*&]\w/m.test(config.text)
  const document = aliased
    ? new Document(parsed?.toJS({ maxAliasCount: 100 }), { aliasDuplicateObjects: false })
    : (parsed ?? new Document({}))
  const notes: string[] = []
  const { timeScale } = options
  for (const key of FOREIGN)
    if (document.has(key)) {
      document.delete(key)
      notes.push(`${key} is left out: it leads out of the drill`)
    }
  if (document.hasIn(['global', 'query_log_file'])) document.deleteIn(['global', 'query_log_file'])
  for (const key of ['scrape_interval', 'scrape_timeout', 'evaluation_interval'])
    shorten(document, ['global', key], timeScale)
  if (!document.hasIn(['global', 'scrape_interval']))
    document.setIn(['global', 'scrape_interval'], scaled(config.scrapeInterval, timeScale))
  if (!document.hasIn(['global', 'scrape_timeout']))
    document.setIn(['global', 'scrape_timeout'], scaled(config.scrapeInterval, timeScale))
  if (!document.hasIn(['global', 'evaluation_interval']))
    document.setIn(['global', 'evaluation_interval'], scaled(config.evaluationInterval, timeScale))
  const external = { ...config.externalLabels, ...options.externalLabels }
  if (Object.keys(external).length > 0) document.setIn(['global', 'external_labels'], external)
  const relabelling = document.getIn(['alerting', 'alert_relabel_configs'])
  document.set('alerting', document.createNode(alerting(options.alertmanagers)))
  if (relabelling !== undefined) document.setIn(['alerting', 'alert_relabel_configs'], relabelling)
  document.set('rule_files', document.createNode(options.ruleFiles))
  const jobs = document.get('scrape_configs')
  const kept = (isSeq(jobs) ? jobs.items : []).filter(isMap).filter((node, index) => {
    const job = config.jobs[index]
    const targets = options.targets.filter(target => target.job === job?.name)
    if (job === undefined || targets.length === 0) {
      notes.push(`job ${job?.name ?? index + 1} is left out: no service of the scenario is its target`)
      return false
    }
    adaptJob(node as YAMLMap, job, targets, document, timeScale)
    return true
  })
  const missing = options.targets.filter(({ job }) => !config.jobs.some(({ name }) => name === job))
  for (const job of jobNames(missing)) notes.push(`job ${job} is added: ${config.file} has none of that name`)
  const added =
    missing.length === 0
      ? []
      : (generated({ ...options, targets: missing }) as { scrape_configs: unknown[] }).scrape_configs
  document.set('scrape_configs', document.createNode([...kept, ...added]))
  return { document, notes }
}

/** The user's relabelling sees the addresses of production; only behind it they become those of the drill. */
function adaptJob(
  node: YAMLMap,
  job: ScrapeJob,
  targets: readonly ScrapeTarget[],
  document: Document,
  timeScale: number,
): void {
  for (const key of node.items.map(({ key }) => String(isScalar(key) ? key.value : key)))
    if (JOB_FOREIGN.test(key)) node.delete(key)
  for (const key of ['scrape_interval', 'scrape_timeout']) shorten(node, [key], timeScale)
  const statics = targets.map(({ instance, address, path }) => {
    const own = job.targets.find(({ value }) => value === instance) ?? job.targets[0]
    return {
      targets: [instance],
      labels: { ...own?.labels, __genesis_address: hostPort(address), __genesis_path: path },
    }
  })
  node.set('static_configs', document.createNode(statics))
  const relabelling = node.get('relabel_configs')
  const last = [
    // Prometheus would take the instance from the address, which is the drill's by then.
    { source_labels: ['instance', '__address__'], regex: ';(.+)', target_label: 'instance' },
    { source_labels: ['__genesis_address'], target_label: '__address__' },
    { source_labels: ['__genesis_path'], target_label: '__metrics_path__' },
  ]
  node.set('relabel_configs', document.createNode([...(isSeq(relabelling) ? relabelling.items : []), ...last]))
}

interface Editable {
  getIn(path: readonly unknown[]): unknown
  setIn(path: readonly unknown[], value: unknown): void
}

function shorten(node: Editable, path: readonly string[], timeScale: number): void {
  const value = node.getIn(path)
  const seconds = typeof value === 'string' ? parseDuration(value) : undefined
  if (seconds !== undefined && seconds > 0) node.setIn(path, scaled(seconds, timeScale))
}
